package io.github.rseq.micrometer;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.stream.Stream;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.core.instrument.distribution.HistogramSupport;
import io.micrometer.core.instrument.simple.CountingMode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import io.github.rseq.Rseq;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Time windows beside stock ones: windows of several lengths, short ones among them,
 * pauses of up to ten epochs, and readings now and then. The clock jumps to the
 * boundaries of epochs, to the millisecond before and to the one after.
 */
class TimeWindowTwinTests {

	private static final int STEPS = 2000;

	@AfterEach
	void reset() {
		RseqMode.reset();
	}

	enum Registries {

		PROMETHEUS((clock, rseq) -> rseq
				? new RseqPrometheusMeterRegistry(PrometheusConfig.DEFAULT, new PrometheusRegistry(), clock)
				: new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, new PrometheusRegistry(), clock)),

		CUMULATIVE((clock, rseq) -> simple(CountingMode.CUMULATIVE, clock, rseq)),

		STEP((clock, rseq) -> simple(CountingMode.STEP, clock, rseq));

		private final BiFunction<Clock, Boolean, MeterRegistry> factory;

		Registries(BiFunction<Clock, Boolean, MeterRegistry> factory) {
			this.factory = factory;
		}

		private static MeterRegistry simple(CountingMode mode, Clock clock, boolean rseq) {
			return rseq ? new RseqSimpleMeterRegistry(SimpleConfigs.of(mode), clock)
					: new SimpleMeterRegistry(SimpleConfigs.of(mode), clock);
		}

	}

	static Stream<Arguments> runs() {
		return Stream.of(RseqMode.values())
			.flatMap(
					(mode) -> Stream.of(Registries.values())
						.flatMap((registries) -> Stream.of(1, 2, 3, 5)
							.flatMap((window) -> Stream
								.of(Duration.ofMillis(5), Duration.ofSeconds(3), Duration.ofMinutes(2))
								.map((expiry) -> Arguments.of(mode, registries, window, expiry)))));
	}

	@ParameterizedTest(name = "{0}, {1}, window {2}, expiry {3}")
	@MethodSource("runs")
	void showsTheSame(RseqMode mode, Registries registries, int window, Duration expiry) {
		mode.apply();
		Random random = new Random(31L * window + expiry.toMillis());
		MockClock clock = new MockClock();
		List<Pair> pairs = new ArrayList<>();
		MeterRegistry stock = registries.factory.apply(clock, false);
		MeterRegistry rseq = registries.factory.apply(clock, true);
		for (boolean buckets : new boolean[] { false, true }) {
			pairs.add(new Pair(timer(stock, window, expiry, buckets), timer(rseq, window, expiry, buckets)));
			pairs.add(new Pair(summary(stock, window, expiry, buckets), summary(rseq, window, expiry, buckets)));
		}
		for (int step = 0; step < STEPS; step++) {
			switch (random.nextInt(16)) {
				case 0 -> clock.add(pause(random, expiry.toMillis(), clock), TimeUnit.MILLISECONDS);
				case 1 -> clock.add(pause(random, expiry.toMillis() / window, clock), TimeUnit.MILLISECONDS);
				case 2, 3, 4, 5 -> compare(pairs.get(random.nextInt(pairs.size())), step);
				default -> record(pairs.get(random.nextInt(pairs.size())), random);
			}
			if (mode == RseqMode.ACTIVE && random.nextInt(20) == 0) {
				Rseq.setEnabled(random.nextBoolean());
			}
		}
		pairs.forEach((pair) -> compare(pair, STEPS));
	}

	// To the start of one of the next epochs, which begin with the clock's start, or
	// near.
	private static long pause(Random random, long period, MockClock clock) {
		long passed = (clock.wallTime() - 1) % period;
		// Mostly short ones, which leave something in the window.
		int epochs = (random.nextInt(8) == 0) ? random.nextInt(11) : random.nextInt(3);
		return Math.max(period * epochs - passed + random.nextInt(3) - 1, 0);
	}

	private static Timer timer(MeterRegistry registry, int window, Duration expiry, boolean buckets) {
		Timer.Builder timer = Timer.builder(buckets ? "calls.buckets" : "calls")
			.distributionStatisticBufferLength(window)
			.distributionStatisticExpiry(expiry);
		return buckets ? timer.serviceLevelObjectives(Duration.ofNanos(100), Duration.ofNanos(1000)).register(registry)
				: timer.register(registry);
	}

	private static DistributionSummary summary(MeterRegistry registry, int window, Duration expiry, boolean buckets) {
		DistributionSummary.Builder summary = DistributionSummary.builder(buckets ? "sizes.buckets" : "sizes")
			.distributionStatisticBufferLength(window)
			.distributionStatisticExpiry(expiry);
		return buckets ? summary.serviceLevelObjectives(0.5, 100, 1000.5).register(registry)
				: summary.register(registry);
	}

	private static void record(Pair pair, Random random) {
		double amount = random.nextInt(1 << random.nextInt(13)) / (random.nextBoolean() ? 1.0 : 8);
		switch (random.nextInt(3)) {
			case 0 -> pair.record(amount + 1);
			case 1 -> pair.record(amount);
			default -> pair.record(random.nextInt(4));
		}
	}

	private static void compare(Pair pair, int step) {
		// One reading each: stock buckets catch up with the clock a window at a time.
		String stock = snapshot(pair.stock);
		assertThat(snapshot(pair.rseq)).as("step %d, %s", step, pair.stock.getId()).isEqualTo(stock);
	}

	private static String snapshot(HistogramSupport meter) {
		HistogramSnapshot snapshot = meter.takeSnapshot();
		ByteArrayOutputStream summary = new ByteArrayOutputStream();
		snapshot.outputSummary(new PrintStream(summary, true, StandardCharsets.UTF_8), 1);
		return snapshot + summary.toString(StandardCharsets.UTF_8);
	}

	private record Pair(HistogramSupport stock, HistogramSupport rseq) {

		void record(double amount) {
			for (HistogramSupport meter : List.of(this.stock, this.rseq)) {
				if (meter instanceof Timer timer) {
					timer.record((long) amount, TimeUnit.NANOSECONDS);
				}
				else {
					((DistributionSummary) meter).record(amount);
				}
			}
		}

	}

}
