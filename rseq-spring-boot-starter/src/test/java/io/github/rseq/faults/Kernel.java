package io.github.rseq.faults;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;

/**
 * The system calls that faults are made of. Numbers from the kernel's tables.
 */
final class Kernel {

	/** Of the real-time signals, one that neither the JVM nor the C library uses. */
	private static final int SIGNAL = 62;

	private static final boolean X86 = System.getProperty("os.arch").equals("amd64");

	private static final long TGKILL = X86 ? 234 : 131;

	private static final long SETPRIORITY = X86 ? 141 : 140;

	private final NativeLibrary process = NativeLibrary.getProcess();

	private final Function syscall = this.process.getFunction("syscall");

	/**
	 * Gives the signal a C function that does nothing for a handler: a signal that is
	 * ignored is not delivered, and Java code must not run in a handler.
	 */
	void handleSignal() {
		this.process.getFunction("signal").invokePointer(new Object[] { SIGNAL, this.process.getFunction("abs") });
	}

	/**
	 * Sends the signal to a thread of this process.
	 * @return whether there is such a thread
	 */
	boolean signal(long tid) {
		return call(TGKILL, ProcessHandle.current().pid(), tid, (long) SIGNAL) == 0;
	}

	/**
	 * Gives the calling thread a low priority, so that what disturbs it gets at it at
	 * once; not the lowest, with which it would hold up safepoints on a busy machine.
	 */
	void beNice() {
		call(SETPRIORITY, 0L, 0L, 5L);
	}

	private long call(Object... arguments) {
		return this.syscall.invokeLong(arguments);
	}

}
