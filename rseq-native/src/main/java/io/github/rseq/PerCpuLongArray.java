package io.github.rseq;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLongArray;

import io.github.rseq.binding.Recording;
import io.github.rseq.control.Arena;
import org.jspecify.annotations.Nullable;

/**
 * An array of {@code long} sums, such as the buckets of a histogram:
 * {@link PerCpuLongAdder} for each index, with the guarantees of that class, side by side
 * in memory.
 * <p>
 * Memory: 8 bytes for each index and possible CPU, rounded up to 64, of which only the
 * pages of CPUs that added are resident. An array that is longer than
 * {@value #MAX_LENGTH} has no per-CPU cells; it works all the same, on an
 * {@link AtomicLongArray}.
 * <p>
 * Thread-safe. Virtual threads may add: nothing is kept for a thread.
 */
public final class PerCpuLongArray extends PerCpuSlot {

	/**
	 * The greatest length that has per-CPU cells.
	 */
	public static final int MAX_LENGTH = Arena.ROW_BYTES / Long.BYTES;

	private final int length;

	private volatile @Nullable AtomicLongArray fallback;

	/**
	 * Makes an array of zeros. Never fails for want of rseq or of memory outside the
	 * heap.
	 * @param length its length, at least 1
	 */
	public PerCpuLongArray(int length) {
		super(lineBytes(length), Recording::isRecording);
		if (length < 1) {
			throw new IllegalArgumentException("'length' must be at least 1");
		}
		this.length = length;
	}

	private static int lineBytes(int length) {
		// A longer one may exceed int here, and is refused anyway.
		return (Math.min(Math.max(length, 1), MAX_LENGTH + 1) + 7) / 8 * 64;
	}

	/**
	 * The length.
	 * @return at least 1
	 */
	public int length() {
		return this.length;
	}

	/**
	 * Adds.
	 * @param index where, from 0 to {@link #length()} - 1
	 * @param delta the value to add
	 */
	public void add(int index, long delta) {
		long cell = cell(index);
		if (cell != 0 && Recording.isRecording()) {
			Recording.addLong(cell, delta);
			Reference.reachabilityFence(this);
		}
		else {
			fallback().addAndGet(index, delta);
		}
	}

	/**
	 * The address of the cell of an index, for a section that adds to it now, if
	 * {@link Recording#isRecording()} says so. The caller keeps this object reachable
	 * meanwhile.
	 * @param index the index
	 * @return the address, or 0 where the fallback is to be added to
	 */
	long cell(int index) {
		if (index < 0 || index >= this.length) {
			throw new IndexOutOfBoundsException(index);
		}
		long slot = this.slot;
		if (slot == 0 && Recording.isRecording() && takeSlot()) {
			slot = this.slot;
		}
		return (slot != 0) ? slot + (long) index * Long.BYTES : 0;
	}

	private AtomicLongArray fallback() {
		AtomicLongArray fallback = this.fallback;
		return (fallback != null) ? fallback : makeFallback();
	}

	private synchronized AtomicLongArray makeFallback() {
		AtomicLongArray fallback = this.fallback;
		if (fallback == null) {
			fallback = new AtomicLongArray(this.length);
			this.fallback = fallback;
		}
		return fallback;
	}

	/**
	 * All sums. None goes backwards while only positive values are added.
	 * @return the sums, each of all cells of its index, each cell read once
	 */
	public long[] sums() {
		long[] sums = new long[this.length];
		addSumsTo(sums, 0);
		return sums;
	}

	/**
	 * Adds the {@link #sums()} of successive indexes to a caller's array, for readers
	 * that need some only, or want no new array each time.
	 * @param sums where to add them; its length tells how many
	 * @param from the first index
	 */
	public void addSumsTo(long[] sums, int from) {
		Objects.checkFromIndexSize(from, sums.length, this.length);
		AtomicLongArray fallback = this.fallback;
		if (fallback != null) {
			for (int i = 0; i < sums.length; i++) {
				sums[i] += fallback.get(from + i);
			}
		}
		long slot = this.slot;
		if (slot != 0) {
			Arena arena = RseqRuntime.get().arena();
			ByteBuffer memory = arena.memory(slot);
			int position = arena.position(slot) + from * Long.BYTES;
			for (int row = 0; row <= arena.cpus(); row++) {
				int at = position + row * Arena.ROW_BYTES;
				for (int i = 0; i < sums.length; i++) {
					sums[i] += LineReader.cell(memory, at + i * Long.BYTES);
				}
			}
			Reference.reachabilityFence(this);
		}
	}

}
