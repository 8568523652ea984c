package io.github.rseq;

import io.github.rseq.binding.Recording;

/**
 * The CPU a thread runs on, read from memory that the kernel keeps up to date.
 */
public final class CurrentCpu {

	private CurrentCpu() {
	}

	/**
	 * The CPU the calling thread ran on when the number was read. It may have moved when
	 * this method returns: good for a hint or a statistic, not for exclusion.
	 * @return the CPU's number from 0 to the number of possible CPUs - 1, or -1 where
	 * restartable sequences can't be had
	 */
	public static int get() {
		return Rseq.isAvailable() ? Math.max(Recording.currentCpu(), -1) : -1;
	}

}
