package io.github.rseq;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;

/**
 * The few system calls that tests make. Numbers from the kernel's tables.
 */
final class Linux {

	/**
	 * The last but two of the real-time signals: neither the JVM nor the C library uses
	 * it.
	 */
	static final int SIGNAL = 62;

	private static final boolean X86 = System.getProperty("os.arch").equals("amd64");

	private static final int TGKILL = X86 ? 234 : 131;

	private static final int SCHED_SETAFFINITY = X86 ? 203 : 122;

	private static final int SCHED_GETAFFINITY = X86 ? 204 : 123;

	private static final int SETPRIORITY = X86 ? 141 : 140;

	private static final int PRLIMIT64 = X86 ? 302 : 261;

	private static final int RLIMIT_AS = 9;

	private static final int MASK_BYTES = 1024;

	private final NativeLibrary process = NativeLibrary.getProcess();

	private final Function syscall = this.process.getFunction("syscall");

	/**
	 * All threads of this process, so that carriers are among them.
	 * @return their numbers
	 */
	static int[] threads() {
		try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
			return tasks.mapToInt((task) -> Integer.parseInt(task.getFileName().toString())).toArray();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * The affinity of a thread.
	 * @param tid the thread, 0 for the calling one
	 * @return its mask
	 */
	long[] affinity(int tid) {
		long[] mask = new long[MASK_BYTES / Long.BYTES];
		long bytes = call(SCHED_GETAFFINITY, (long) tid, (long) MASK_BYTES, mask);
		if (bytes < 0) {
			throw new IllegalStateException("sched_getaffinity failed");
		}
		return mask;
	}

	/**
	 * Sets the affinity of a thread.
	 * @param tid the thread, 0 for the calling one
	 * @param mask the mask
	 * @return whether it could be set: not where the thread has ended
	 */
	boolean affinity(int tid, long[] mask) {
		return call(SCHED_SETAFFINITY, (long) tid, (long) MASK_BYTES, mask) == 0;
	}

	static long[] maskOf(int cpu) {
		long[] mask = new long[MASK_BYTES / Long.BYTES];
		mask[cpu / Long.SIZE] = 1L << (cpu % Long.SIZE);
		return mask;
	}

	static int[] cpusOf(long[] mask) {
		return java.util.BitSet.valueOf(mask).stream().toArray();
	}

	/**
	 * Makes {@link #SIGNAL} run a C function that does nothing, {@code abs}: a signal
	 * that is ignored is not delivered, and Java code must not run in a signal handler.
	 */
	void handleSignal() {
		Pointer abs = this.process.getFunction("abs");
		this.process.getFunction("signal").invokePointer(new Object[] { SIGNAL, abs });
	}

	/**
	 * Sends {@link #SIGNAL} to a thread of this process.
	 */
	void signal(int tid) {
		call(TGKILL, ProcessHandle.current().pid(), (long) tid, (long) SIGNAL);
	}

	/**
	 * Gives the calling thread the lowest priority.
	 */
	void beNice() {
		call(SETPRIORITY, 0L, 0L, 19L);
	}

	/**
	 * The address space that this process uses.
	 * @return in bytes
	 */
	long addressSpace() throws IOException {
		String line = Files.readAllLines(Path.of("/proc/self/status"))
			.stream()
			.filter((candidate) -> candidate.startsWith("VmSize:"))
			.findFirst()
			.orElseThrow();
		return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
	}

	/**
	 * Limits the address space of this process, in a way that can be taken back.
	 * @param bytes the limit, -1 for none
	 */
	void limitAddressSpace(long bytes) {
		if (call(PRLIMIT64, 0L, (long) RLIMIT_AS, new long[] { bytes, -1 }, 0L) != 0) {
			throw new IllegalStateException("prlimit64 failed");
		}
	}

	private long call(int number, Object... arguments) {
		Object[] all = new Object[arguments.length + 1];
		all[0] = (long) number;
		System.arraycopy(arguments, 0, all, 1, arguments.length);
		return this.syscall.invokeLong(all);
	}

}
