package io.github.rseq.benchmarks;

import io.micrometer.core.instrument.Timer;

/**
 * Taking the time of nothing by {@code Timer.start} and {@code stop}.
 */
public class SampleBenchmark extends MicrometerBenchmark {

	@Override
	void record(MicrometerMeters meters, Latencies latencies) {
		Timer.start(meters.registry).stop(meters.timer);
	}

}
