package io.github.rseq.benchmarks;

import org.openjdk.jmh.annotations.Benchmark;

/**
 * Taking the time of nothing by {@code Timer.record(Runnable)}.
 */
public class RunnableBenchmark extends MicrometerBenchmark {

	@Override
	void record(MicrometerMeters meters, Latencies latencies) {
		meters.timer.record(() -> {
		});
	}

	/**
	 * The two clock readings that any of these takes.
	 * @return their difference
	 */
	@Benchmark
	public long twoClockReadings() {
		long begin = System.nanoTime();
		return System.nanoTime() - begin;
	}

}
