package io.github.rseq.control;

import java.lang.ref.Cleaner;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The memory of the cells.
 * <p>
 * The arena grows by segments. A segment has one row of 64 KiB for each possible CPU and
 * one more, the fallback row, that only atomic instructions write to. A slot is a column:
 * the same offset in every row, 8 bytes wide. Its address is that of its cell in row 0,
 * and the cell of CPU <i>c</i> lies <i>c</i> x 64 KiB behind, which a section computes
 * with one shift. 8192 slots fill a segment.
 *
 * <pre>
 * segment  row of CPU 0    | slot 0 | slot 1 | slot 2 | ...
 *          row of CPU 1    | slot 0 | slot 1 | slot 2 | ...
 *          fallback row    | slot 0 | slot 1 | slot 2 | ...
 * </pre>
 *
 * So eight counters share a cache line, and all of a line's writers run on one CPU: the
 * density of an array without its false sharing. A row is written first by its own CPU,
 * which places the page on that CPU's NUMA node, and a CPU that never counts costs
 * address space only. The price is that a reader visits one line for each CPU.
 * <p>
 * Segments are never unmapped and never move: a thread may be inside a section at any
 * time. A slot is used again when its owner has become unreachable. At that time nobody
 * can be inside a section on it, since every add holds its owner reachable until it has
 * returned, and so its cells may be zeroed from another CPU, which they may not be at any
 * other time. A baseline to subtract would not do instead: a cell of type double that was
 * left above 2<sup>53</sup> takes no 1 any more.
 * <p>
 * Thread-safe. Allocation takes a lock; it happens when a meter is registered.
 */
public final class Arena {

	private static final int ROW_BYTES = 1 << 16;

	private static final int SLOT_BYTES = Long.BYTES;

	private final NativeLibrary library;

	private final int cpus;

	private final Cleaner cleaner = Cleaner.create();

	private final Deque<Long> free = new ArrayDeque<>();

	private long segment;

	private int used = ROW_BYTES;

	private int segments;

	private int slots;

	private boolean exhausted;

	/**
	 * Makes an arena without any memory yet.
	 * @param library the library that maps it
	 * @param cpus the number of rows for CPUs, as {@link NativeLibrary#start()} returned
	 * it
	 */
	public Arena(NativeLibrary library, int cpus) {
		this.library = library;
		this.cpus = cpus;
	}

	/**
	 * Takes a slot whose cells are all zero, until the owner becomes unreachable.
	 * @param owner the only object that will add to it, and that keeps itself reachable
	 * while it does
	 * @return the slot's address, or 0 where no memory can be had
	 */
	public long allocate(Object owner) {
		long slot = take();
		if (slot != 0) {
			this.cleaner.register(owner, () -> release(slot));
		}
		return slot;
	}

	/**
	 * Whether a first segment could be mapped.
	 * @return whether there is memory
	 */
	public synchronized boolean isUsable() {
		return this.segments > 0 || grow();
	}

	private synchronized long take() {
		Long recycled = this.free.poll();
		if (recycled != null) {
			this.library.zero(recycled);
			this.slots++;
			return recycled;
		}
		if (this.used == ROW_BYTES && !grow()) {
			return 0;
		}
		long slot = this.segment + this.used;
		this.used += SLOT_BYTES;
		this.slots++;
		return slot;
	}

	private boolean grow() {
		if (this.exhausted) {
			return false;
		}
		long address = this.library.map(segmentBytes());
		if (address <= 0) {
			// Asking again on each record would cost a system call each.
			this.exhausted = true;
			return false;
		}
		this.segment = address;
		this.used = 0;
		this.segments++;
		return true;
	}

	private synchronized void release(long slot) {
		this.free.push(slot);
		this.slots--;
	}

	private long segmentBytes() {
		return (long) ROW_BYTES * (this.cpus + 1);
	}

	/**
	 * The number of rows for CPUs.
	 * @return the number
	 */
	public int cpus() {
		return this.cpus;
	}

	/**
	 * The address space reserved.
	 * @return in bytes
	 */
	public synchronized long reserved() {
		return this.segments * segmentBytes();
	}

	/**
	 * The number of slots in use.
	 * @return the number
	 */
	public synchronized int slots() {
		return this.slots;
	}

	/**
	 * The bytes of the cells of all slots in use, in all rows.
	 * @return in bytes
	 */
	public synchronized long used() {
		return (long) this.slots * SLOT_BYTES * (this.cpus + 1);
	}

	/**
	 * Whether an attempt to get more memory has failed; it is not repeated.
	 * @return whether it has
	 */
	public synchronized boolean isExhausted() {
		return this.exhausted;
	}

}
