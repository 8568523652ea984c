package io.github.rseq.micrometer;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.micrometer.core.instrument.AbstractTimer;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.core.instrument.simple.CountingMode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

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
	void recordsHowLongPrimitivesTake(MeterRegistry registry) {
		Timer timer = registry.timer("calls");
		boolean truth = timer.record(() -> {
			pass(registry, 1);
			return true;
		});
		int small = timer.record(() -> {
			pass(registry, 2);
			return 2;
		});
		long large = timer.record(() -> {
			pass(registry, 4);
			return 4L;
		});
		double fraction = timer.record(() -> {
			pass(registry, 8);
			return 0.5;
		});
		assertThat(truth).isTrue();
		assertThat(small).isEqualTo(2);
		assertThat(large).isEqualTo(4);
		assertThat(fraction).isEqualTo(0.5);
		MockClock.clock(registry).add(STEP);
		assertThat(timer.count()).isEqualTo(4);
		assertThat(timer.totalTime(TimeUnit.MILLISECONDS)).isEqualTo(15);
	}

	static Stream<Arguments> pairs() {
		RseqMode.ACTIVE.apply();
		MockClock clock = new MockClock();
		return Stream.of(
				Arguments.of(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, new PrometheusRegistry(), clock),
						new RseqPrometheusMeterRegistry(PrometheusConfig.DEFAULT, new PrometheusRegistry(), clock)),
				Arguments.of(new SimpleMeterRegistry(SimpleConfigs.of(CountingMode.CUMULATIVE), clock),
						new RseqSimpleMeterRegistry(SimpleConfigs.of(CountingMode.CUMULATIVE), clock)),
				Arguments.of(new SimpleMeterRegistry(SimpleConfigs.of(CountingMode.STEP), clock),
						new RseqSimpleMeterRegistry(SimpleConfigs.of(CountingMode.STEP), clock)));
	}

	@ParameterizedTest
	@MethodSource("pairs")
	void percentilesThatOnlyMicrometerCountsAreItsOwn(MeterRegistry stock, MeterRegistry ours) {
		HistogramSnapshot[] expected = recordPrecisely(stock);
		HistogramSnapshot[] seen = recordPrecisely(ours);
		for (int i = 0; i < expected.length; i++) {
			assertThat(expected[i].percentileValues()[0].value()).isPositive();
			assertThat(seen[i].percentileValues()).usingRecursiveComparison().isEqualTo(expected[i].percentileValues());
			assertThat(seen[i].histogramCounts()).usingRecursiveComparison().isEqualTo(expected[i].histogramCounts());
		}
	}

	private static HistogramSnapshot[] recordPrecisely(MeterRegistry registry) {
		Timer timer = Timer.builder("calls")
			.publishPercentiles(0.5, 0.9)
			.percentilePrecision(4)
			.serviceLevelObjectives(Duration.ofMillis(2))
			.register(registry);
		DistributionSummary summary = DistributionSummary.builder("sizes")
			.publishPercentiles(0.5, 0.9)
			.percentilePrecision(4)
			.serviceLevelObjectives(2)
			.register(registry);
		for (int i = 1; i <= 100; i++) {
			timer.record(i * 123_457L, TimeUnit.NANOSECONDS);
			summary.record(i * 0.123457);
		}
		return new HistogramSnapshot[] { timer.takeSnapshot(), summary.takeSnapshot() };
	}

	/*
	 * Micrometer warns once in a process and tells of it at the level debug after that.
	 */
	@ParameterizedTest
	@MethodSource("registries")
	void negativeTimesAreRefusedAsMicrometerDoes(MeterRegistry registry) {
		Logger logger = (Logger) LoggerFactory.getLogger(AbstractTimer.class);
		Level level = logger.getLevel();
		ListAppender<ILoggingEvent> log = new ListAppender<>();
		log.start();
		logger.addAppender(log);
		logger.setLevel(Level.DEBUG);
		try {
			Timer timer = registry.timer("calls");
			new SimpleMeterRegistry().timer("calls").record(-1, TimeUnit.SECONDS);
			timer.record(-1, TimeUnit.SECONDS);
			timer.record(Duration.ofMillis(-2));
			MockClock.clock(registry).add(STEP);
			assertThat(timer.count()).isZero();
		}
		finally {
			logger.detachAppender(log);
			logger.setLevel(level);
		}
		assertThat(log.list).hasSize(3);
		String stock = log.list.get(0).getFormattedMessage();
		assertThat(stock).contains("-1");
		assertThat(log.list.get(1).getFormattedMessage()).startsWith(stock.substring(0, stock.indexOf("-1") + 2));
		assertThat(log.list.get(1).getLevel()).isEqualTo(Level.DEBUG);
		assertThat(log.list.get(2).getFormattedMessage()).contains("-2000000");
		assertThat(log.list.get(2).getThrowableProxy().getClassName())
			.isEqualTo(IllegalArgumentException.class.getName());
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
