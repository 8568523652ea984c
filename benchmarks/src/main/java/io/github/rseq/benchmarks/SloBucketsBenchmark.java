package io.github.rseq.benchmarks;

import java.util.concurrent.TimeUnit;

import io.github.rseq.benchmarks.OtherTimers.ClientJava;
import io.github.rseq.benchmarks.OtherTimers.OpenTelemetry;
import org.openjdk.jmh.annotations.Benchmark;

/**
 * A timer with three buckets, and the histograms of others with the same ones.
 */
public class SloBucketsBenchmark extends MicrometerBenchmark {

	@Override
	void record(MicrometerMeters meters, Latencies latencies) {
		meters.sloBuckets.record(latencies.nanos(), TimeUnit.NANOSECONDS);
	}

	/**
	 * Our recorder, with a bucket found by comparing.
	 * @param recorders what is measured
	 * @param latencies what is recorded
	 */
	@Benchmark
	public void perCpuRecorder(OurRecorders.On recorders, Latencies latencies) {
		recorders.recordWithBucket(latencies.nanos());
	}

	/**
	 * Prometheus client_java.
	 * @param clientJava what is measured
	 * @param latencies what is recorded
	 */
	@Benchmark
	public void clientJava(ClientJava clientJava, Latencies latencies) {
		clientJava.histogram.observe(latencies.seconds());
	}

	/**
	 * OpenTelemetry, whole nanoseconds.
	 * @param openTelemetry what is measured
	 * @param latencies what is recorded
	 */
	@Benchmark
	public void openTelemetryLong(OpenTelemetry openTelemetry, Latencies latencies) {
		openTelemetry.longHistogram.record(latencies.nanos());
	}

	/**
	 * OpenTelemetry, seconds.
	 * @param openTelemetry what is measured
	 * @param latencies what is recorded
	 */
	@Benchmark
	public void openTelemetryDouble(OpenTelemetry openTelemetry, Latencies latencies) {
		openTelemetry.doubleHistogram.record(latencies.seconds());
	}

}
