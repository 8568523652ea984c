package io.github.rseq.benchmarks;

import java.util.concurrent.TimeUnit;

/**
 * A timer with a percentile histogram and client-side percentiles.
 */
public class BothBenchmark extends MicrometerBenchmark {

	@Override
	void record(MicrometerMeters meters, Latencies latencies) {
		meters.histogramAndPercentiles.record(latencies.nanos(), TimeUnit.NANOSECONDS);
	}

}
