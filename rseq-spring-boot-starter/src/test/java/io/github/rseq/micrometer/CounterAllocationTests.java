package io.github.rseq.micrometer;

import java.lang.management.ManagementFactory;
import java.util.stream.Stream;

import com.sun.management.ThreadMXBean;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.CountingMode;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Counting allocates nothing.
 */
class CounterAllocationTests {

	private static final int COUNTS = 200_000;

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
		Counter counter = registry.counter("jobs");
		count(counter);
		long before = threads.getCurrentThreadAllocatedBytes();
		count(counter);
		long allocated = threads.getCurrentThreadAllocatedBytes() - before;
		// What the compilers and the counter of bytes itself need is less than that.
		assertThat(allocated).isLessThan(COUNTS);
	}

	private static void count(Counter counter) {
		for (int i = 0; i < COUNTS; i++) {
			counter.increment();
			counter.increment(3);
			counter.increment(0.5);
		}
	}

}
