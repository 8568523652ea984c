package io.github.rseq;

/**
 * Who registered the {@code struct rseq} of this process' threads with the kernel.
 */
public enum Registration {

	/**
	 * The C library, as glibc does since 2.35.
	 */
	LIBC,

	/**
	 * Nobody; there are no restartable sequences in this process.
	 */
	NONE

}
