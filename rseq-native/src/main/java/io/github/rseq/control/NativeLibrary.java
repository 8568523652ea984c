package io.github.rseq.control;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

import com.sun.jna.JNIEnv;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * The loaded native library: the control plane's functions and the addresses of the
 * sections. {@link LibraryLoader} loads it.
 */
public final class NativeLibrary {

	private static final int EAGAIN = 11;

	private static final int EXDEV = 18;

	private static final int EINVAL = 22;

	private final Path file;

	private final NativeFunctions functions;

	private final NativeControl control;

	NativeLibrary(Path file, NativeFunctions functions, NativeControl control) {
		this.file = file;
		this.functions = functions;
		this.control = control;
	}

	/**
	 * What {@code percpu_probe} found in the calling thread.
	 *
	 * @param symbols whether the C library exports {@code __rseq_offset} and
	 * {@code __rseq_size}
	 * @param size the value of {@code __rseq_size}: 0 where the C library did not
	 * register
	 * @param cpu the thread's cpu_id
	 * @param errno the errno of a rseq call that no kernel accepts
	 * @param featureSize the length of what the kernel keeps in a {@code struct rseq}, 0
	 * where it does not tell
	 */
	public record Probe(boolean symbols, long size, long cpu, int errno, long featureSize) {

		// Behind mm_cid, the last of the four numbers that the kernel keeps there.
		private static final int WITH_MM_CID = 28;

		/**
		 * Whether the C library registered this thread.
		 * @return whether it did
		 */
		public boolean isRegisteredByLibc() {
			return this.symbols && this.size > 0 && this.cpu >= 0;
		}

		/**
		 * Whether threads find their concurrency id. The kernel tells; what libc calls
		 * the size may be less (glibc 2.36: 20), though the area it registers always has
		 * room, since the kernel takes none of less than 32 bytes.
		 * @return whether they do
		 */
		public boolean hasMmCid() {
			return this.featureSize >= WITH_MM_CID;
		}

	}

	/**
	 * Which of the library's sections are used. The first start of a mapped library
	 * decides.
	 *
	 * @param self whether we register threads, where otherwise the C library does
	 * @param mmCid whether rows are numbered by concurrency id, where otherwise by CPU
	 */
	public record Mode(boolean self, boolean mmCid) {

		/**
		 * The C library registers, and rows are numbered by CPU.
		 */
		public static final Mode DEFAULT = new Mode(false, false);

		/**
		 * The name of a function that records in this mode.
		 * @param function its name without what the library puts before it, such as
		 * {@code add_long}
		 * @return the name in the library
		 */
		public String recording(String function) {
			return (this.self ? "percpu_self_" : this.mmCid ? "percpu_cid_" : "percpu_") + function;
		}

		/**
		 * The name of the function that tells the CPU in this mode.
		 * @return the name in the library
		 */
		public String currentCpu() {
			return this.self ? "percpu_self_current_cpu" : "percpu_current_cpu";
		}

		/**
		 * What the native side takes for {@link #self()}.
		 * @return the number
		 */
		public int registration() {
			return this.self ? 1 : 0;
		}

		/**
		 * What the native side takes for {@link #mmCid()}.
		 * @return the number
		 */
		public int sharding() {
			return this.mmCid ? 1 : 0;
		}

	}

	/**
	 * What the behavioural self-test saw.
	 *
	 * @param error 0, or the errno for which it ended early
	 * @param disturbances how often the victim was to be preempted
	 * @param aborts how many preempted sections were aborted
	 * @param violations how many were not
	 * @param nanos how long it took
	 */
	public record SelfTest(int error, long disturbances, long aborts, long violations, long nanos) {
	}

	/**
	 * The library's file.
	 * @return the file
	 */
	public Path file() {
		return this.file;
	}

	/**
	 * The address of a function.
	 * @param symbol its name
	 * @return its address
	 */
	public long address(String symbol) {
		return Pointer.nativeValue(this.functions.find(symbol));
	}

	/**
	 * Looks at the calling thread's registration.
	 * @return what was found
	 */
	public Probe probe() {
		long[] out = new long[7];
		this.control.percpu_probe(out);
		return new Probe(out[0] != 0, out[2], out[4], (int) out[5], out[6]);
	}

	/**
	 * Registers the calling thread by ourselves, if that was not tried before.
	 * @return 0, or the errno for which it can't be; EBUSY where it could not be before
	 */
	public int register() {
		return -this.control.percpu_register();
	}

	/**
	 * What the first start in this process decided.
	 * @return the mode, or {@code null} where there was none
	 */
	public @Nullable Mode mode() {
		int mode = this.control.percpu_mode();
		return (mode >= 0) ? new Mode((mode & 1) != 0, (mode & 2) != 0) : null;
	}

	/**
	 * Tells the sections how many CPUs this machine can have, who registers threads and
	 * what numbers rows. The first call in a process decides.
	 * @param rows the number of rows for CPUs that an arena already has, or 0 to find out
	 * @param wanted the mode to decide for
	 * @return the number of rows of a segment for CPUs, or a negative number where the
	 * mode can't be had
	 */
	public int start(int rows, Mode wanted) {
		return this.control.percpu_init((rows > 0) ? rows : PossibleCpus.count(), wanted.registration(),
				wanted.sharding());
	}

	/**
	 * Runs the behavioural self-test in two threads of its own. Where their CPU is taken
	 * from them meanwhile, two others go on with what was seen until then.
	 * @param aborts how many aborts to see before it ends
	 * @param nanos how long to wait for them
	 * @return what was seen
	 */
	public SelfTest selfTest(int aborts, long nanos) {
		long begin = System.nanoTime();
		NativeControl.SelfTestMemory memory = new NativeControl.SelfTestMemory();
		int error = selfTest(memory, aborts, nanos);
		long pause = 1_000_000;
		while (memory.violations() == 0 && (error == EXDEV || error == EINVAL)
				&& begin + nanos - System.nanoTime() > pause) {
			LockSupport.parkNanos(pause);
			// It may be that pinning is never possible.
			pause *= 2;
			memory.beginAnew();
			error = selfTest(memory, aborts, begin + nanos - System.nanoTime());
		}
		return new SelfTest(error, memory.disturbances(), memory.aborts(), memory.violations(),
				System.nanoTime() - begin);
	}

	private int selfTest(NativeControl.SelfTestMemory memory, int aborts, long nanos) {
		AtomicLong result = new AtomicLong(-EAGAIN);
		AtomicLong disturberResult = new AtomicLong();
		Thread victim = daemon("rseq-self-test-victim", () -> result.set(memory.victim(this.control, aborts, nanos)));
		Thread disturber = daemon("rseq-self-test-disturber",
				() -> disturberResult.set(memory.disturber(this.control, nanos)));
		boolean interrupted = false;
		try {
			victim.start();
			disturber.start();
			interrupted = join(victim);
		}
		catch (OutOfMemoryError ex) {
			// No thread can be had: the test is inconclusive, and nobody fails for it.
			disturberResult.set(-EAGAIN);
			memory.stop();
			interrupted = join(victim);
		}
		finally {
			memory.stop();
		}
		interrupted |= join(disturber);
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
		return (int) -((result.get() != 0) ? result.get() : disturberResult.get());
	}

	private static Thread daemon(String name, Runnable runnable) {
		Thread thread = new Thread(null, runnable, name, 0, false);
		thread.setDaemon(true);
		return thread;
	}

	/*
	 * The native side ends by its own deadline, and the memory it writes to must outlive
	 * it, so an interrupt has to wait.
	 */
	private static boolean join(Thread thread) {
		boolean interrupted = false;
		while (true) {
			try {
				thread.join();
				return interrupted;
			}
			catch (InterruptedException ex) {
				interrupted = true;
			}
		}
	}

	/**
	 * The abort counts: migrated, preempted or signalled, early and fallback of each CPU,
	 * and then those of threads without a valid CPU.
	 * @param cpus the number of CPUs
	 * @return four numbers for each CPU, and four more
	 */
	public long[] statistics(int cpus) {
		long[] out = new long[4 * (cpus + 1)];
		this.control.percpu_statistics(out, cpus);
		return out;
	}

	/**
	 * Reads the cells of a slot.
	 * @param slot the slot's address
	 * @param cpus the number of CPUs
	 * @return the bits of each CPU's cell, and of the fallback row's behind them
	 */
	public long[] read(long slot, int cpus) {
		long[] out = new long[cpus + 1];
		this.control.percpu_read(slot, out);
		return out;
	}

	/**
	 * Adds to a slot in a loop in C: the floor for benchmarks.
	 * @param slot the slot's address
	 * @param delta what to add
	 * @param n how often
	 */
	public void addLong(long slot, long delta, long n) {
		this.control.percpu_add_long_n(slot, delta, n);
	}

	/**
	 * Adds to a slot in a loop in C: the floor for benchmarks.
	 * @param slot the slot's address
	 * @param delta what to add
	 * @param n how often
	 */
	public void addDouble(long slot, double delta, long n) {
		this.control.percpu_add_double_n(slot, delta, n);
	}

	/**
	 * Records to a line in a loop in C: the floor for benchmarks.
	 * @param slot the address of a slot of 64 bytes, all zero at first
	 * @param value the value
	 * @param epoch the number of past epochs that the line has maxima of, in the upper
	 * half, and the epoch
	 * @param n how often
	 */
	public void recordLong(long slot, long value, long epoch, long n) {
		this.control.percpu_record_long_n(slot, value, epoch, n);
	}

	/**
	 * What all class loaders have in common.
	 * @param <T> its type
	 * @param object an object, such that neither it nor anything it refers to is of a
	 * class that may be unloaded
	 * @return the object that was passed first by any class loader
	 */
	@SuppressWarnings("unchecked")
	<T> T shared(T object) {
		return (T) this.control.percpu_shared(JNIEnv.CURRENT, object);
	}

	long map(long bytes) {
		return this.control.percpu_map(bytes);
	}

	void clear(long address, long bytes) {
		this.control.percpu_clear(address, bytes);
	}

	void zero(long slot, int bytes) {
		this.control.percpu_zero(slot, bytes);
	}

	ByteBuffer buffer(long address, int bytes) {
		return new Pointer(address).getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
	}

}
