package io.github.rseq.control;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The memory of the cells.
 * <p>
 * The arena grows by segments. A segment has one row of 64 KiB for each possible CPU and
 * one more, the fallback row, that only atomic instructions write to. A slot is a column:
 * the same offset in every row. Its address is that of its cell in row 0, and the cell of
 * CPU <i>c</i> lies <i>c</i> x 64 KiB behind, which a section computes with one shift. A
 * counter's slot is 8 bytes wide, a recorder's is one line of 64 bytes, an array's
 * several.
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
 * Owners that became unreachable are found when a slot is wanted or counted. No thread
 * waits for them: one would keep this class reachable, and with it the class loader of an
 * application that has ended. When that goes, its segments go to another one
 * ({@link Segments}).
 * <p>
 * Thread-safe. Allocation takes a lock; it happens when a meter is registered.
 */
public final class Arena {

	/**
	 * The length of a row, and so of the longest slot, in bytes.
	 */
	public static final int ROW_BYTES = 1 << 16;

	private static final int LINE_BYTES = 64;

	private final NativeLibrary library;

	private final int cpus;

	private final Segments source;

	private final ReferenceQueue<Object> ownerless = new ReferenceQueue<>();

	// A reference that nobody refers to is never enqueued.
	private final Set<Slot> taken = new HashSet<>();

	// By length in bytes.
	private final Map<Integer, Deque<Long>> free = new HashMap<>();

	private volatile Segment[] segments = {};

	// What is left of the newest segment's row, and of the line that is split into cells.
	private long next;

	private long end;

	private long nextCell;

	private long endCell;

	private long bytes;

	private long refused;

	private boolean exhausted;

	private long scratch;

	/**
	 * Makes an arena without any memory yet.
	 * @param library the library that maps it
	 * @param cpus the number of rows for CPUs, as {@link NativeLibrary#start()} returned
	 * it
	 */
	public Arena(NativeLibrary library, int cpus) {
		this(library, cpus, Arena.class);
	}

	/**
	 * Makes an arena without any memory yet.
	 * @param library the library that maps it
	 * @param cpus the number of rows for CPUs
	 * @param keeper what every owner of a slot keeps reachable
	 */
	Arena(NativeLibrary library, int cpus, Object keeper) {
		this.library = library;
		this.cpus = cpus;
		this.source = new Segments(library, keeper);
	}

	private static final class Slot extends PhantomReference<Object> {

		private final long address;

		private final int bytes;

		Slot(Object owner, ReferenceQueue<Object> queue, long address, int bytes) {
			super(owner, queue);
			this.address = address;
			this.bytes = bytes;
		}

	}

	private record Segment(long address, ByteBuffer memory) {
	}

	/**
	 * Takes a slot whose cells are all zero, until the owner becomes unreachable.
	 * @param owner the only object that will write to it, and that keeps itself reachable
	 * while it does; of a class that keeps this one reachable
	 * @param bytes its length: 8, or a multiple of 64, which is then aligned to 64
	 * @return the slot's address, or 0 where no memory can be had or a row is too short
	 */
	public long allocate(Object owner, int bytes) {
		if (bytes != Long.BYTES && (bytes <= 0 || bytes % LINE_BYTES != 0)) {
			throw new IllegalArgumentException("'bytes' must be 8 or a multiple of 64");
		}
		return take(owner, bytes);
	}

	/**
	 * Whether a first segment could be mapped.
	 * @return whether there is memory
	 */
	public synchronized boolean isUsable() {
		if (this.scratch == 0) {
			this.scratch = cutLines(LINE_BYTES);
		}
		return this.scratch != 0;
	}

	/**
	 * A line that nobody owns, for calls that are not to count.
	 * @return its address, once the arena is usable
	 */
	public synchronized long scratch() {
		return this.scratch;
	}

	private synchronized long take(Object owner, int bytes) {
		release();
		long slot = (bytes <= ROW_BYTES) ? find(bytes) : 0;
		if (slot != 0) {
			this.taken.add(new Slot(owner, this.ownerless, slot, bytes));
			this.bytes += bytes;
		}
		else {
			this.refused++;
		}
		return slot;
	}

	private long find(int bytes) {
		Deque<Long> recycled = this.free.get(bytes);
		Long slot = (recycled != null) ? recycled.poll() : null;
		if (slot != null) {
			this.library.zero(slot, bytes);
			return slot;
		}
		return (bytes == Long.BYTES) ? cut() : cutLines(bytes);
	}

	private long cut() {
		if (this.nextCell == this.endCell) {
			this.nextCell = cutLines(LINE_BYTES);
			this.endCell = (this.nextCell != 0) ? this.nextCell + LINE_BYTES : 0;
		}
		long slot = this.nextCell;
		this.nextCell += (slot != 0) ? Long.BYTES : 0;
		return slot;
	}

	private long cutLines(int bytes) {
		if (this.end - this.next < bytes) {
			recycleRest();
			if (!grow()) {
				return 0;
			}
		}
		long slot = this.next;
		this.next += bytes;
		return slot;
	}

	/*
	 * What is left of a row before a long slot goes to the next segment serves short
	 * ones.
	 */
	private void recycleRest() {
		for (; this.next < this.end; this.next += LINE_BYTES) {
			this.free.computeIfAbsent(LINE_BYTES, (length) -> new ArrayDeque<>()).push(this.next);
		}
	}

	private boolean grow() {
		if (this.exhausted) {
			return false;
		}
		long address = this.source.take(segmentBytes());
		if (address == 0) {
			// Asking again on each record would cost a system call each.
			this.exhausted = true;
			return false;
		}
		Segment[] segments = Arrays.copyOf(this.segments, this.segments.length + 1);
		segments[segments.length - 1] = new Segment(address,
				this.library.buffer(address, Math.toIntExact(segmentBytes())));
		this.segments = segments;
		this.next = address;
		this.end = address + ROW_BYTES;
		return true;
	}

	private void release() {
		for (Reference<?> gone = this.ownerless.poll(); gone != null; gone = this.ownerless.poll()) {
			Slot slot = (Slot) gone;
			this.taken.remove(slot);
			this.free.computeIfAbsent(slot.bytes, (length) -> new ArrayDeque<>()).push(slot.address);
			this.bytes -= slot.bytes;
		}
	}

	private long segmentBytes() {
		return (long) ROW_BYTES * (this.cpus + 1);
	}

	/**
	 * The memory that a slot lies in, for reading. The cell of CPU <i>c</i> is {@code c}
	 * x {@link #ROW_BYTES} behind {@link #position(long)}.
	 * @param slot the slot's address
	 * @return its segment's memory, in native order
	 */
	public ByteBuffer memory(long slot) {
		return segment(slot).memory();
	}

	/**
	 * Where a slot's cell of row 0 is in its segment's memory.
	 * @param slot the slot's address
	 * @return the position in {@link #memory(long)}
	 */
	public int position(long slot) {
		return (int) (slot - segment(slot).address());
	}

	private Segment segment(long slot) {
		for (Segment segment : this.segments) {
			long position = slot - segment.address();
			if (position >= 0 && position < ROW_BYTES) {
				return segment;
			}
		}
		throw new IllegalArgumentException("There is no slot at " + slot);
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
	public long reserved() {
		return this.segments.length * segmentBytes();
	}

	/**
	 * The number of slots in use.
	 * @return the number
	 */
	public synchronized int slots() {
		release();
		return this.taken.size();
	}

	/**
	 * The bytes of all slots in use, in all rows.
	 * @return in bytes
	 */
	public synchronized long used() {
		release();
		return this.bytes * (this.cpus + 1);
	}

	/**
	 * How often there was no slot to be had.
	 * @return the number
	 */
	public synchronized long refused() {
		return this.refused;
	}

	/**
	 * Whether an attempt to get more memory has failed; it is not repeated.
	 * @return whether it has
	 */
	public synchronized boolean isExhausted() {
		return this.exhausted;
	}

}
