package io.github.rseq.faults;

import java.util.ArrayList;
import java.util.List;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;

import io.github.rseq.Rseq;
import io.github.rseq.micrometer.RseqPrometheusMeterRegistry;
import io.github.rseq.micrometer.RseqSimpleMeterRegistry;

/**
 * Makes, uses and drops meters of every kind in registries of their own. A new one must
 * tell of nothing, whoever had its slot before, and the arena must not grow once as much
 * was dropped as lies between two collections.
 */
final class Meters implements Disturber {

	private static final int BATCH = 50;

	private static final int RECORDS = 3;

	private final long enough;

	private final List<MeterRegistry> registries = List.of(new RseqPrometheusMeterRegistry(PrometheusConfig.DEFAULT),
			new RseqSimpleMeterRegistry());

	private long dropped;

	private long reservedAtFirst;

	Meters(long enough) {
		this.enough = enough;
	}

	@Override
	public long disturb() throws Exception {
		for (MeterRegistry registry : this.registries) {
			List<Meter> meters = new ArrayList<>();
			for (int i = 0; i < BATCH; i++) {
				meters.addAll(register(registry, Tags.of("number", Integer.toString(i))));
			}
			for (Meter meter : meters) {
				check(meter, 0);
				for (int i = 0; i < RECORDS; i++) {
					record(meter);
				}
				check(meter, RECORDS);
				registry.remove(meter);
			}
			this.dropped += meters.size();
		}
		if (this.dropped % 5000 < 2 * BATCH * 6) {
			collect();
		}
		if (this.reservedAtFirst == 0 && this.dropped > this.enough / 4) {
			this.reservedAtFirst = reserved();
		}
		return this.dropped;
	}

	/*
	 * Slots come back by a thread that is told by the collector.
	 */
	private static void collect() throws InterruptedException {
		System.gc();
		Thread.sleep(5);
	}

	private static List<Meter> register(MeterRegistry registry, Tags tags) {
		return List.of(registry.counter("counter", tags), registry.timer("timer", tags),
				Timer.builder("timer.histogram").publishPercentileHistogram().tags(tags).register(registry),
				Timer.builder("timer.percentiles").publishPercentiles(0.5).tags(tags).register(registry),
				registry.summary("summary", tags),
				DistributionSummary.builder("summary.slo").serviceLevelObjectives(1, 10).tags(tags).register(registry));
	}

	private static void record(Meter meter) {
		if (meter instanceof Counter counter) {
			counter.increment();
		}
		else if (meter instanceof Timer timer) {
			timer.record(1, java.util.concurrent.TimeUnit.MILLISECONDS);
		}
		else {
			((DistributionSummary) meter).record(1);
		}
	}

	private static void check(Meter meter, long expected) {
		double found = (meter instanceof Counter counter) ? counter.count()
				: (meter instanceof Timer timer) ? timer.count() : ((DistributionSummary) meter).count();
		if (found != expected) {
			throw new IllegalStateException("%s tells of %.0f, not %d".formatted(meter.getId(), found, expected));
		}
	}

	private static long reserved() {
		return Rseq.status().memory().reserved();
	}

	@Override
	public long enough() {
		return this.enough;
	}

	@Override
	public void close() {
		this.registries.forEach(MeterRegistry::close);
		if (this.reservedAtFirst > 0 && reserved() > this.reservedAtFirst * 3 / 2) {
			throw new IllegalStateException("The arena grew from %d to %d".formatted(this.reservedAtFirst, reserved()));
		}
	}

}
