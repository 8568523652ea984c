package io.github.rseq;

/**
 * Who registers the {@code struct rseq} of this process' threads with the kernel. The
 * kernel knows one for each thread, so there is one answer for a process; the first class
 * loader that gets rseq to work decides.
 */
public enum Registration {

	/**
	 * The C library, as glibc does since 2.35: for every thread, before the thread runs.
	 */
	LIBC,

	/**
	 * This library, where the C library does not: for each platform thread, with its
	 * first record, until the thread ends. Virtual threads record in those that carry
	 * them.
	 */
	SELF,

	/**
	 * Nobody; there are no restartable sequences in this process, or none that may be
	 * used.
	 */
	NONE

}
