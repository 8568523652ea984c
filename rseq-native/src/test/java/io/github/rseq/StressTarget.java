package io.github.rseq;

import java.util.List;

/**
 * Where the operations of {@link StressMain} go.
 */
interface StressTarget {

	/**
	 * One operation, as all workers do it.
	 */
	void add();

	/**
	 * Flips the switch until {@link StressMain#stopped}, where there is one.
	 */
	void flip();

	/**
	 * What runs besides until {@link StressMain#stopped}, each in a thread of its own.
	 */
	default List<Runnable> companions() {
		return List.of();
	}

	/**
	 * Whether enough has come between sections and their commits to say anything.
	 */
	default boolean isDisturbed() {
		return true;
	}

	/**
	 * Prints what there is in the end.
	 */
	void print();

}
