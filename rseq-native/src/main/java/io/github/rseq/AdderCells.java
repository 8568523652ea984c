package io.github.rseq;

/**
 * Where {@link PerCpuLongAdder} and {@link PerCpuDoubleAdder} record.
 */
public enum AdderCells {

	/**
	 * In the current CPU's cell, by a restartable sequence.
	 */
	PER_CPU,

	/**
	 * In a {@link java.util.concurrent.atomic.LongAdder} or
	 * {@link java.util.concurrent.atomic.DoubleAdder}: always where the state is not
	 * {@link RseqState#ACTIVE}, and also where only {@link Binding#JNI} can be had and
	 * nobody asked for it by name. A JNI call costs more than such an add; a single cell
	 * is not worth it. Recorders and arrays, which write several cells in one call, use
	 * JNI all the same.
	 */
	JAVA

}
