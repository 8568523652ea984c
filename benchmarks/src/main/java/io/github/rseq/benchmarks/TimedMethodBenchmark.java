package io.github.rseq.benchmarks;

import io.micrometer.core.instrument.Timer;

/**
 * Taking the time of nothing as Micrometer's aspect for {@code @Timed} does: the timer is
 * looked up by its name and tags each time. The aspect's own reflection is not in it.
 */
public class TimedMethodBenchmark extends MicrometerBenchmark {

	@Override
	void record(MicrometerMeters meters, Latencies latencies) {
		Timer.Sample sample = Timer.start(meters.registry);
		sample.stop(Timer.builder("method.timed")
			.tag("exception", "none")
			.tag("class", "Orders")
			.tag("method", "place")
			.register(meters.registry));
	}

}
