package io.github.rseq.benchmarks;

import java.util.Random;

import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What is recorded: {@value #COUNT} times, log-normal around a millisecond, the same in
 * every run. Each thread goes through them by an index of its own, which costs a fraction
 * of a nanosecond; {@code empty} has it in it.
 */
@State(Scope.Thread)
public class Latencies {

	static final int COUNT = 1024;

	private static final double MEDIAN_NANOS = 1e6;

	private final long[] nanos = new long[COUNT];

	private final double[] micros = new double[COUNT];

	private final double[] seconds = new double[COUNT];

	private int next;

	/**
	 * The same for all threads.
	 */
	public Latencies() {
		Random random = new Random(1);
		for (int i = 0; i < COUNT; i++) {
			this.nanos[i] = Math.round(MEDIAN_NANOS * Math.exp(random.nextGaussian()));
			this.micros[i] = this.nanos[i] / 1e3;
			this.seconds[i] = this.nanos[i] / 1e9;
		}
	}

	long nanos() {
		return this.nanos[this.next++ & (COUNT - 1)];
	}

	/**
	 * With a fraction, as nothing says that a summary's values are whole.
	 * @return microseconds
	 */
	double micros() {
		return this.micros[this.next++ & (COUNT - 1)];
	}

	double seconds() {
		return this.seconds[this.next++ & (COUNT - 1)];
	}

	/**
	 * The upper bounds wherever three buckets are measured: of the values some 24, 66 and
	 * 98 % are below.
	 * @return nanoseconds
	 */
	static long[] bounds() {
		return new long[] { 500_000, 1_500_000, 8_000_000 };
	}

}
