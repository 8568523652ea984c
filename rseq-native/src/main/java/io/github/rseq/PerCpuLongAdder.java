package io.github.rseq;

import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;

import io.github.rseq.binding.Recording;
import org.jspecify.annotations.Nullable;

/**
 * A {@code long} sum that many threads add to: one cell for each CPU, written by a
 * restartable sequence, so that an add takes no atomic instruction, no lock and no cache
 * line that another CPU writes to. Where {@link LongAdder} spreads contending threads
 * over cells that it makes as they collide, this class gives each CPU a cell from the
 * start, and threads that run on one CPU can't collide.
 * <p>
 * Every add is counted exactly once. {@link #sum()} is not an atomic snapshot: adds that
 * run while it reads may be in it or not. It contains everything that happened before it,
 * and does not go backwards while only positive values are added. A sum that exceeds
 * {@code long} wraps around.
 * <p>
 * Where restartable sequences can't be had, or the switch is off
 * ({@link Rseq#setEnabled(boolean)}), adds go to a {@link LongAdder} that is made at the
 * first such add; sums take in both.
 * <p>
 * Memory: 8 bytes for each possible CPU, of which only the pages of CPUs that added are
 * resident, 8 bytes in the fallback row, and some 100 bytes of heap. The cells are used
 * again after this object has become unreachable; there is nothing to close.
 * <p>
 * Thread-safe. Virtual threads may add: nothing is kept for a thread.
 */
public final class PerCpuLongAdder extends PerCpuSlot {

	private volatile @Nullable LongAdder fallback;

	/**
	 * Makes a sum of zero. Never fails for want of rseq or of memory outside the heap.
	 */
	public PerCpuLongAdder() {
		super(Long.BYTES, Recording::isAdding);
	}

	/**
	 * Adds.
	 * @param delta the value to add
	 */
	public void add(long delta) {
		long slot = this.slot;
		if (Recording.isAdding() && slot != 0) {
			Recording.addLong(slot, delta);
			// The slot is used again once this object is unreachable: not before the add
			// is done.
			Reference.reachabilityFence(this);
		}
		else {
			addSlowly(delta);
		}
	}

	/**
	 * Adds 1.
	 */
	public void increment() {
		add(1);
	}

	private void addSlowly(long delta) {
		if (Recording.isAdding() && takeSlot()) {
			add(delta);
			return;
		}
		LongAdder fallback = this.fallback;
		if (fallback == null) {
			fallback = makeFallback();
		}
		fallback.add(delta);
	}

	private synchronized LongAdder makeFallback() {
		LongAdder fallback = this.fallback;
		if (fallback == null) {
			fallback = new LongAdder();
			this.fallback = fallback;
		}
		return fallback;
	}

	/**
	 * The sum.
	 * @return the sum of all cells, each read once
	 */
	public long sum() {
		LongAdder fallback = this.fallback;
		long sum = (fallback != null) ? fallback.sum() : 0;
		long slot = this.slot;
		if (slot != 0) {
			sum += Recording.sumLong(slot);
			Reference.reachabilityFence(this);
		}
		return sum;
	}

	/**
	 * What was added on each CPU.
	 * @return an array by CPU number, as long as there are possible CPUs, or by
	 * concurrency id where that numbers the rows ({@link Sharding#MM_CID}); empty where
	 * there are no per-CPU cells
	 */
	public long[] perCpu() {
		long[] cells = cells();
		return (cells.length > 0) ? Arrays.copyOf(cells, cells.length - 1) : cells;
	}

	/**
	 * What was added to no CPU's cell: while the switch was off or rseq could not be had,
	 * or by sections that gave up.
	 * @return the sum of the fallback cells
	 */
	public long fallback() {
		LongAdder fallback = this.fallback;
		long[] cells = cells();
		return ((fallback != null) ? fallback.sum() : 0) + ((cells.length > 0) ? cells[cells.length - 1] : 0);
	}

	@Override
	public String toString() {
		return Long.toString(sum());
	}

}
