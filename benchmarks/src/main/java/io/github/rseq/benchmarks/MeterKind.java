package io.github.rseq.benchmarks;

import java.time.Duration;
import java.util.Arrays;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

/**
 * The kinds of meters, by what they keep.
 */
enum MeterKind {

	COUNTER("Counter"),

	TIMER("Timer"),

	SUMMARY("DistributionSummary"),

	SLO_BUCKETS("Timer + 3 SLO buckets"),

	HISTOGRAM("Timer + percentile histogram"),

	PERCENTILES("Timer + client-side percentiles"),

	HISTOGRAM_AND_PERCENTILES("Timer + both");

	private static final double[] WANTED = { 0.5, 0.95, 0.99 };

	private final String label;

	MeterKind(String label) {
		this.label = label;
	}

	String label() {
		return this.label;
	}

	boolean isTimer() {
		return this != COUNTER && this != SUMMARY;
	}

	Counter counter(MeterRegistry registry, String name, String uri) {
		return Counter.builder(name).tag("uri", uri).register(registry);
	}

	DistributionSummary summary(MeterRegistry registry, String name, String uri) {
		return DistributionSummary.builder(name).tag("uri", uri).register(registry);
	}

	Timer timer(MeterRegistry registry, String name, String uri) {
		Timer.Builder builder = Timer.builder(name).tag("uri", uri);
		Timer.Builder configured = switch (this) {
			case COUNTER, SUMMARY -> throw new IllegalStateException(this + " is no timer");
			case TIMER -> builder;
			case SLO_BUCKETS -> builder.serviceLevelObjectives(
					Arrays.stream(Latencies.bounds()).mapToObj(Duration::ofNanos).toArray(Duration[]::new));
			case HISTOGRAM -> builder.publishPercentileHistogram();
			case PERCENTILES -> builder.publishPercentiles(WANTED);
			case HISTOGRAM_AND_PERCENTILES -> builder.publishPercentileHistogram().publishPercentiles(WANTED);
		};
		return configured.register(registry);
	}

}
