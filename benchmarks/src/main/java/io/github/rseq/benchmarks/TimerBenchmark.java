package io.github.rseq.benchmarks;

import java.util.concurrent.TimeUnit;

import io.github.rseq.benchmarks.MicrometerMeters.OffSimple;
import io.github.rseq.benchmarks.MicrometerMeters.OurSimple;
import io.github.rseq.benchmarks.MicrometerMeters.StockSimple;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/**
 * A timer that keeps count, total and maximum.
 */
public class TimerBenchmark extends MicrometerBenchmark {

	@Override
	void record(MicrometerMeters meters, Latencies latencies) {
		meters.timer.record(latencies.nanos(), TimeUnit.NANOSECONDS);
	}

	/**
	 * Only the next value: what JMH itself takes, and the values.
	 * @param latencies the values
	 * @return the value
	 */
	@Benchmark
	public long empty(Latencies latencies) {
		return latencies.nanos();
	}

	/**
	 * The section in a loop in C, which gets the same value each time.
	 * @param loop what is measured
	 */
	@Benchmark
	@OperationsPerInvocation(CLoop.TIMES)
	public void cLoop(CLoop loop) {
		loop.recordLong();
	}

	/**
	 * Our recorder.
	 * @param recorders what is measured
	 * @param latencies what is recorded
	 */
	@Benchmark
	public void perCpuRecorder(OurRecorders.On recorders, Latencies latencies) {
		recorders.record(latencies.nanos());
	}

	/**
	 * Our recorder, switched off.
	 * @param recorders what is measured
	 * @param latencies what is recorded
	 */
	@Benchmark
	public void perCpuRecorderOff(OurRecorders.Off recorders, Latencies latencies) {
		recorders.record(latencies.nanos());
	}

	/**
	 * Micrometer's simple timer.
	 * @param meters what is measured
	 * @param latencies what is recorded
	 */
	@Benchmark
	public void stockSimple(StockSimple meters, Latencies latencies) {
		record(meters, latencies);
	}

	/**
	 * Our simple timer.
	 * @param meters what is measured
	 * @param latencies what is recorded
	 */
	@Benchmark
	public void ourSimple(OurSimple meters, Latencies latencies) {
		record(meters, latencies);
	}

	/**
	 * Our simple timer, switched off.
	 * @param meters what is measured
	 * @param latencies what is recorded
	 */
	@Benchmark
	public void offSimple(OffSimple meters, Latencies latencies) {
		record(meters, latencies);
	}

}
