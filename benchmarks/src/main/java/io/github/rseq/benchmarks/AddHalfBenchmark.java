package io.github.rseq.benchmarks;

import java.util.concurrent.TimeUnit;

import io.github.rseq.benchmarks.MicrometerCounters.OffPrometheus;
import io.github.rseq.benchmarks.MicrometerCounters.OffSimple;
import io.github.rseq.benchmarks.MicrometerCounters.OurPrometheus;
import io.github.rseq.benchmarks.MicrometerCounters.OurSimple;
import io.github.rseq.benchmarks.MicrometerCounters.StockPrometheus;
import io.github.rseq.benchmarks.MicrometerCounters.StockSimple;
import io.github.rseq.benchmarks.OtherCounters.ClientJava;
import io.github.rseq.benchmarks.OtherCounters.Jdk;
import io.github.rseq.benchmarks.OtherCounters.OpenTelemetry;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;

/**
 * Adding one half, by everything that takes fractions. A throughput per nanosecond is the
 * sum over all threads; {@link Samples} makes it nanoseconds of one CPU.
 */
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
public class AddHalfBenchmark {

	/**
	 * The section in a loop in C.
	 * @param loop what is measured
	 */
	@Benchmark
	@OperationsPerInvocation(CLoop.TIMES)
	public void cLoop(CLoop loop) {
		loop.addDouble();
	}

	/**
	 * A field of the thread's own.
	 * @param cell what is measured
	 */
	@Benchmark
	public void plainField(PlainCell cell) {
		cell.fraction += 0.5;
	}

	/**
	 * A cell for each thread.
	 * @param cells what is measured
	 */
	@Benchmark
	public void threadLocalCell(ThreadLocalCell cells) {
		cells.addDouble();
	}

	/**
	 * DoubleAdder.
	 * @param jdk what is measured
	 */
	@Benchmark
	public void doubleAdder(Jdk jdk) {
		jdk.doubleAdder.add(0.5);
	}

	/**
	 * Our adder.
	 * @param adders what is measured
	 */
	@Benchmark
	public void perCpuDoubleAdder(OurAdders.On adders) {
		adders.fraction.add(0.5);
	}

	/**
	 * Our adder, switched off.
	 * @param adders what is measured
	 */
	@Benchmark
	public void perCpuDoubleAdderOff(OurAdders.Off adders) {
		adders.fraction.add(0.5);
	}

	/**
	 * Prometheus client_java.
	 * @param clientJava what is measured
	 */
	@Benchmark
	public void clientJava(ClientJava clientJava) {
		clientJava.counter.inc(0.5);
	}

	/**
	 * OpenTelemetry.
	 * @param openTelemetry what is measured
	 */
	@Benchmark
	public void openTelemetry(OpenTelemetry openTelemetry) {
		openTelemetry.doubleCounter.add(0.5);
	}

	/**
	 * Micrometer's counter for Prometheus.
	 * @param registry what is measured
	 */
	@Benchmark
	public void stockPrometheus(StockPrometheus registry) {
		registry.counter.increment(0.5);
	}

	/**
	 * Our counter for Prometheus.
	 * @param registry what is measured
	 */
	@Benchmark
	public void ourPrometheus(OurPrometheus registry) {
		registry.counter.increment(0.5);
	}

	/**
	 * Our counter for Prometheus, switched off.
	 * @param registry what is measured
	 */
	@Benchmark
	public void offPrometheus(OffPrometheus registry) {
		registry.counter.increment(0.5);
	}

	/**
	 * Micrometer's simple counter.
	 * @param registry what is measured
	 */
	@Benchmark
	public void stockSimple(StockSimple registry) {
		registry.counter.increment(0.5);
	}

	/**
	 * Our simple counter.
	 * @param registry what is measured
	 */
	@Benchmark
	public void ourSimple(OurSimple registry) {
		registry.counter.increment(0.5);
	}

	/**
	 * Our simple counter, switched off.
	 * @param registry what is measured
	 */
	@Benchmark
	public void offSimple(OffSimple registry) {
		registry.counter.increment(0.5);
	}

}
