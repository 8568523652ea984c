package io.github.rseq.benchmarks;

import io.github.rseq.PerCpuDoubleRecorder;
import io.github.rseq.PerCpuLongArray;
import io.github.rseq.PerCpuLongRecorder;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * Our recorders without a meter around them, on and off.
 */
public abstract class OurRecorders {

	/**
	 * Micrometer's default.
	 */
	private static final int WINDOW = 3;

	private final PerCpuLongRecorder whole = new PerCpuLongRecorder(WINDOW);

	private final PerCpuDoubleRecorder fraction = new PerCpuDoubleRecorder(WINDOW);

	private final long[] bounds = Latencies.bounds();

	private final PerCpuLongArray buckets = new PerCpuLongArray(this.bounds.length + 1);

	OurRecorders(Mode mode) {
		mode.apply();
	}

	void record(long value) {
		this.whole.record(value, 0);
	}

	void record(double value) {
		this.fraction.record(value, 0);
	}

	void recordWithBucket(long value) {
		int bucket = 0;
		while (bucket < this.bounds.length && value > this.bounds[bucket]) {
			bucket++;
		}
		this.whole.record(value, 0, this.buckets, bucket);
	}

	/**
	 * On.
	 */
	@State(Scope.Benchmark)
	public static class On extends OurRecorders {

		/**
		 * Recorders that record per CPU.
		 */
		public On() {
			super(Mode.ON);
		}

	}

	/**
	 * Switched off.
	 */
	@State(Scope.Benchmark)
	public static class Off extends OurRecorders {

		/**
		 * Recorders that record to their fallback.
		 */
		public Off() {
			super(Mode.OFF);
		}

	}

}
