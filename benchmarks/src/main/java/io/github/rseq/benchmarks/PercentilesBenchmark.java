package io.github.rseq.benchmarks;

import java.util.concurrent.TimeUnit;

import io.github.rseq.benchmarks.OtherTimers.Dropwizard;
import io.github.rseq.benchmarks.OtherTimers.HdrRecorder;
import org.openjdk.jmh.annotations.Benchmark;

/**
 * A timer with client-side percentiles, and what others take percentiles of.
 */
public class PercentilesBenchmark extends MicrometerBenchmark {

	@Override
	void record(MicrometerMeters meters, Latencies latencies) {
		meters.percentiles.record(latencies.nanos(), TimeUnit.NANOSECONDS);
	}

	/**
	 * HdrHistogram.
	 * @param hdr what is measured
	 * @param latencies what is recorded
	 */
	@Benchmark
	public void hdrRecorder(HdrRecorder hdr, Latencies latencies) {
		hdr.recorder.recordValue(latencies.nanos());
	}

	/**
	 * Dropwizard.
	 * @param dropwizard what is measured
	 * @param latencies what is recorded
	 */
	@Benchmark
	public void dropwizard(Dropwizard dropwizard, Latencies latencies) {
		dropwizard.timer.update(latencies.nanos(), TimeUnit.NANOSECONDS);
	}

}
