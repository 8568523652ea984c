package io.github.rseq.benchmarks;

import java.util.concurrent.TimeUnit;

/**
 * A timer with a percentile histogram.
 */
public class HistogramBenchmark extends MicrometerBenchmark {

	@Override
	void record(MicrometerMeters meters, Latencies latencies) {
		meters.histogram.record(latencies.nanos(), TimeUnit.NANOSECONDS);
	}

}
