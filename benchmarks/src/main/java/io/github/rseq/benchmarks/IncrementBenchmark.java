package io.github.rseq.benchmarks;

import java.util.concurrent.TimeUnit;

import io.github.rseq.benchmarks.MicrometerCounters.OffPrometheus;
import io.github.rseq.benchmarks.MicrometerCounters.OffSimple;
import io.github.rseq.benchmarks.MicrometerCounters.OurPrometheus;
import io.github.rseq.benchmarks.MicrometerCounters.OurSimple;
import io.github.rseq.benchmarks.MicrometerCounters.StockPrometheus;
import io.github.rseq.benchmarks.MicrometerCounters.StockSimple;
import io.github.rseq.benchmarks.OtherCounters.ClientJava;
import io.github.rseq.benchmarks.OtherCounters.Dropwizard;
import io.github.rseq.benchmarks.OtherCounters.JcTools;
import io.github.rseq.benchmarks.OtherCounters.Jdk;
import io.github.rseq.benchmarks.OtherCounters.OpenTelemetry;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;

/**
 * Adding 1, by everything that can. A throughput per nanosecond is the sum over all
 * threads; {@link Samples} makes it nanoseconds of one CPU.
 */
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
public class IncrementBenchmark {

	/**
	 * Nothing: what JMH itself takes.
	 */
	@Benchmark
	public void empty() {
	}

	/**
	 * A field of the thread's own.
	 * @param cell what is measured
	 */
	@Benchmark
	public void plainField(PlainCell cell) {
		cell.whole++;
	}

	/**
	 * The section in a loop in C.
	 * @param loop what is measured
	 */
	@Benchmark
	@OperationsPerInvocation(CLoop.TIMES)
	public void cLoop(CLoop loop) {
		loop.addLong();
	}

	/**
	 * A cell for each thread.
	 * @param cells what is measured
	 */
	@Benchmark
	public void threadLocalCell(ThreadLocalCell cells) {
		cells.addLong();
	}

	/**
	 * AtomicLong.
	 * @param jdk what is measured
	 */
	@Benchmark
	public void atomicLong(Jdk jdk) {
		jdk.atomicLong.incrementAndGet();
	}

	/**
	 * LongAdder.
	 * @param jdk what is measured
	 */
	@Benchmark
	public void longAdder(Jdk jdk) {
		jdk.longAdder.increment();
	}

	/**
	 * Our adder.
	 * @param adders what is measured
	 */
	@Benchmark
	public void perCpuLongAdder(OurAdders.On adders) {
		adders.whole.increment();
	}

	/**
	 * Our adder, switched off.
	 * @param adders what is measured
	 */
	@Benchmark
	public void perCpuLongAdderOff(OurAdders.Off adders) {
		adders.whole.increment();
	}

	/**
	 * JCTools.
	 * @param jcTools what is measured
	 */
	@Benchmark
	public void jcTools(JcTools jcTools) {
		jcTools.counter.inc();
	}

	/**
	 * Dropwizard.
	 * @param dropwizard what is measured
	 */
	@Benchmark
	public void dropwizard(Dropwizard dropwizard) {
		dropwizard.counter.inc();
	}

	/**
	 * Prometheus client_java.
	 * @param clientJava what is measured
	 */
	@Benchmark
	public void clientJava(ClientJava clientJava) {
		clientJava.counter.inc();
	}

	/**
	 * OpenTelemetry.
	 * @param openTelemetry what is measured
	 */
	@Benchmark
	public void openTelemetry(OpenTelemetry openTelemetry) {
		openTelemetry.longCounter.add(1);
	}

	/**
	 * Micrometer's counter for Prometheus.
	 * @param registry what is measured
	 */
	@Benchmark
	public void stockPrometheus(StockPrometheus registry) {
		registry.counter.increment();
	}

	/**
	 * Our counter for Prometheus.
	 * @param registry what is measured
	 */
	@Benchmark
	public void ourPrometheus(OurPrometheus registry) {
		registry.counter.increment();
	}

	/**
	 * Our counter for Prometheus, switched off.
	 * @param registry what is measured
	 */
	@Benchmark
	public void offPrometheus(OffPrometheus registry) {
		registry.counter.increment();
	}

	/**
	 * Micrometer's simple counter.
	 * @param registry what is measured
	 */
	@Benchmark
	public void stockSimple(StockSimple registry) {
		registry.counter.increment();
	}

	/**
	 * Our simple counter.
	 * @param registry what is measured
	 */
	@Benchmark
	public void ourSimple(OurSimple registry) {
		registry.counter.increment();
	}

	/**
	 * Our simple counter, switched off.
	 * @param registry what is measured
	 */
	@Benchmark
	public void offSimple(OffSimple registry) {
		registry.counter.increment();
	}

}
