package io.github.rseq.benchmarks;

import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * A cell for each thread, found through a {@link ThreadLocal} and written without any
 * atomic instruction: the fastest a portable counter can be. It needs what isn't measured
 * here: a list of all cells for the reader, the folding of those of dead threads, and
 * memory for every thread and counter.
 */
@State(Scope.Benchmark)
public class ThreadLocalCell {

	/**
	 * In the middle of an array of two cache lines and more, so that no other thread's
	 * cell shares the line.
	 */
	private static final int CELL = 16;

	private final ThreadLocal<long[]> whole = ThreadLocal.withInitial(() -> new long[2 * CELL]);

	private final ThreadLocal<double[]> fraction = ThreadLocal.withInitial(() -> new double[2 * CELL]);

	void addLong() {
		this.whole.get()[CELL]++;
	}

	void addDouble() {
		this.fraction.get()[CELL] += 0.5;
	}

}
