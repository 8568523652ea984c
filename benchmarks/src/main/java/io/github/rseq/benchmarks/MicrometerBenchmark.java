package io.github.rseq.benchmarks;

import java.util.concurrent.TimeUnit;

import io.github.rseq.benchmarks.MicrometerMeters.OffPrometheus;
import io.github.rseq.benchmarks.MicrometerMeters.OurPrometheus;
import io.github.rseq.benchmarks.MicrometerMeters.StockPrometheus;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.OutputTimeUnit;

/**
 * One way of recording, with Micrometer's meters for Prometheus and with ours. A
 * throughput per nanosecond is the sum over all threads; {@link Samples} makes it
 * nanoseconds of one CPU.
 */
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
public abstract class MicrometerBenchmark {

	/**
	 * The only thing that differs. A fork knows one of the classes that implement it, and
	 * so calls it directly.
	 */
	abstract void record(MicrometerMeters meters, Latencies latencies);

	/**
	 * Micrometer's meter.
	 * @param meters what is measured
	 * @param latencies what is recorded
	 */
	@Benchmark
	public void stockPrometheus(StockPrometheus meters, Latencies latencies) {
		record(meters, latencies);
	}

	/**
	 * Our meter.
	 * @param meters what is measured
	 * @param latencies what is recorded
	 */
	@Benchmark
	public void ourPrometheus(OurPrometheus meters, Latencies latencies) {
		record(meters, latencies);
	}

	/**
	 * Our meter, switched off.
	 * @param meters what is measured
	 * @param latencies what is recorded
	 */
	@Benchmark
	public void offPrometheus(OffPrometheus meters, Latencies latencies) {
		record(meters, latencies);
	}

}
