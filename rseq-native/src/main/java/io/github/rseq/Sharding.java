package io.github.rseq;

/**
 * What numbers the rows of cells. A process has one kind of rows; the first class loader
 * that gets rseq to work decides.
 */
public enum Sharding {

	/**
	 * The CPU that the thread runs on.
	 */
	CPU,

	/**
	 * The thread's concurrency id ({@code mm_cid}, since Linux 6.3): a number that no two
	 * threads of a process have at the same time, and that the kernel keeps low. A
	 * process that may run on few CPUs of many, or has few threads, touches few rows. A
	 * row travels with the id from CPU to CPU.
	 */
	MM_CID

}
