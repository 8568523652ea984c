package io.github.rseq.micrometer;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.CountingMode;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * All ways to time something, and odd amounts, in each registry.
 */
class TimerWaysTests {

	private static final Duration STEP = Duration.ofMinutes(1);

	@AfterEach
	void reset() {
		RseqMode.reset();
	}

	static Stream<MeterRegistry> registries() {
		RseqMode.ACTIVE.apply();
		MockClock clock = new MockClock();
		return Stream.of(new RseqPrometheusMeterRegistry(PrometheusConfig.DEFAULT, new PrometheusRegistry(), clock),
				new RseqSimpleMeterRegistry(SimpleConfigs.of(CountingMode.CUMULATIVE), clock),
				new RseqSimpleMeterRegistry(SimpleConfigs.of(CountingMode.STEP), clock));
	}

	private static void pass(MeterRegistry registry, long millis) {
		MockClock.clock(registry).add(millis, TimeUnit.MILLISECONDS);
	}

	@ParameterizedTest
	@MethodSource("registries")
	void recordsByAllWaysToTime(MeterRegistry registry) throws Exception {
		Timer timer = registry.timer("calls");
		Timer.Sample sample = Timer.start(registry);
		pass(registry, 1);
		sample.stop(timer);
		timer.record(() -> pass(registry, 2));
		timer.record(() -> {
			pass(registry, 4);
			return "done";
		});
		timer.recordCallable(() -> {
			pass(registry, 8);
			return "done";
		});
		Runnable failing = () -> {
			pass(registry, 16);
			throw new IllegalStateException();
		};
		assertThatIllegalStateException().isThrownBy(() -> timer.record(failing));
		Runnable wrapped = timer.wrap(() -> pass(registry, 32));
		wrapped.run();
		timer.record(Duration.ofMillis(64));
		try (Timer.ResourceSample resource = Timer.resource(registry, "calls")) {
			pass(registry, 128);
		}
		assertThat(timer.max(TimeUnit.MILLISECONDS)).isEqualTo(128);
		MockClock.clock(registry).add(STEP);
		assertThat(timer.count()).isEqualTo(8);
		assertThat(timer.totalTime(TimeUnit.MILLISECONDS)).isEqualTo(255);
	}

	@ParameterizedTest
	@MethodSource("registries")
	void summariesTakeWhatScalingMakesOfAmounts(MeterRegistry registry) {
		DistributionSummary negative = DistributionSummary.builder("negative").scale(-2).register(registry);
		negative.record(3);
		DistributionSummary none = DistributionSummary.builder("none").scale(0).register(registry);
		none.record(Double.POSITIVE_INFINITY);
		DistributionSummary infinite = DistributionSummary.builder("infinite").register(registry);
		infinite.record(Double.POSITIVE_INFINITY);
		infinite.record(Double.NaN);
		infinite.record(-1);
		assertThat(negative.max()).isZero();
		assertThat(none.max()).isNaN();
		assertThat(infinite.max()).isInfinite();
		MockClock.clock(registry).add(STEP);
		assertThat(negative.totalAmount()).isEqualTo(-6);
		assertThat(negative.count()).isOne();
		assertThat(none.totalAmount()).isNaN();
		assertThat(infinite.totalAmount()).isInfinite();
		assertThat(infinite.count()).isOne();
	}

	@ParameterizedTest
	@MethodSource("registries")
	void manyAndHugeObjectivesAreTaken(MeterRegistry registry) {
		double[] objectives = new double[10_000];
		for (int i = 0; i < objectives.length; i++) {
			objectives[i] = i + 1;
		}
		DistributionSummary summary = DistributionSummary.builder("sizes")
			.serviceLevelObjectives(objectives)
			.register(registry);
		summary.record(1);
		summary.record(9_999.5);
		summary.record(1e300);
		assertThat(summary.takeSnapshot().histogramCounts()).hasSize(10_000)
			.satisfies((counts) -> assertThat(counts[9_998].count()).isEqualTo(1))
			.satisfies((counts) -> assertThat(counts[9_999].count()).isEqualTo(2));
	}

}
