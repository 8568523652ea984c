package io.github.rseq.benchmarks;

import org.openjdk.jmh.annotations.Benchmark;

/**
 * A distribution summary that keeps count, total and maximum.
 */
public class SummaryBenchmark extends MicrometerBenchmark {

	@Override
	void record(MicrometerMeters meters, Latencies latencies) {
		meters.summary.record(latencies.micros());
	}

	/**
	 * Our recorder.
	 * @param recorders what is measured
	 * @param latencies what is recorded
	 */
	@Benchmark
	public void perCpuRecorder(OurRecorders.On recorders, Latencies latencies) {
		recorders.record(latencies.micros());
	}

}
