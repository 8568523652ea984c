package io.github.rseq.micrometer;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import com.sun.management.ThreadMXBean;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.CountingMode;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Recording times and amounts allocates nothing, with and without buckets.
 */
class RecordingAllocationTests {

	private static final int RECORDS = 200_000;

	private static final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

	@AfterEach
	void reset() {
		RseqMode.reset();
	}

	static Stream<Arguments> runs() {
		return Stream.of(RseqMode.values())
			.flatMap((mode) -> Stream
				.of(new RseqPrometheusMeterRegistry(PrometheusConfig.DEFAULT), new RseqSimpleMeterRegistry(),
						new RseqSimpleMeterRegistry(SimpleConfigs.of(CountingMode.STEP), Clock.SYSTEM))
				.map((registry) -> Arguments.of(mode, registry)));
	}

	@ParameterizedTest
	@MethodSource("runs")
	void allocatesNothing(RseqMode mode, MeterRegistry registry) {
		mode.apply();
		Timer timer = registry.timer("calls");
		Timer buckets = Timer.builder("calls.buckets")
			.serviceLevelObjectives(Duration.ofMillis(1), Duration.ofMillis(10))
			.publishPercentileHistogram()
			.register(registry);
		DistributionSummary summary = registry.summary("sizes");
		DistributionSummary bucketSummary = DistributionSummary.builder("sizes.buckets")
			.serviceLevelObjectives(10, 1000)
			.register(registry);
		Runnable records = () -> {
			for (int i = 0; i < RECORDS; i++) {
				timer.record(i, TimeUnit.MICROSECONDS);
				buckets.record(i, TimeUnit.MICROSECONDS);
				summary.record(i);
				bucketSummary.record(i / 8.0);
			}
		};
		records.run();
		records.run();
		long before = threads.getCurrentThreadAllocatedBytes();
		records.run();
		long allocated = threads.getCurrentThreadAllocatedBytes() - before;
		registry.close();
		// What the compilers and the counter of bytes itself need is less than that.
		assertThat(allocated).isLessThan(RECORDS);
	}

}
