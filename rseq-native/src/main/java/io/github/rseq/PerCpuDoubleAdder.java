package io.github.rseq;

import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.concurrent.atomic.DoubleAdder;

import io.github.rseq.binding.Recording;
import org.jspecify.annotations.Nullable;

/**
 * A {@code double} sum that many threads add to, with a cell for each CPU:
 * {@link PerCpuLongAdder}'s guarantees, memory and fallback, with the arithmetic of
 * {@link DoubleAdder}.
 * <p>
 * Every add is done exactly once, rounded to nearest. The order in which cells are added
 * up is not the order of the adds, so the last bits of a sum of fractions may differ
 * between runs, as with {@link DoubleAdder}; whole numbers up to 2<sup>53</sup> are
 * exact.
 * <p>
 * Thread-safe. Virtual threads may add: nothing is kept for a thread.
 */
public final class PerCpuDoubleAdder extends PerCpuSlot {

	private volatile @Nullable DoubleAdder fallback;

	/**
	 * Makes a sum of zero. Never fails for want of rseq or of memory outside the heap.
	 */
	public PerCpuDoubleAdder() {
		super(Long.BYTES, Recording::isAdding);
	}

	/**
	 * Adds.
	 * @param delta the value to add
	 */
	public void add(double delta) {
		long slot = this.slot;
		if (Recording.isAdding() && slot != 0) {
			Recording.addDouble(slot, delta);
			// The slot is used again once this object is unreachable: not before the add
			// is done.
			Reference.reachabilityFence(this);
		}
		else {
			addSlowly(delta);
		}
	}

	private void addSlowly(double delta) {
		if (Recording.isAdding() && takeSlot()) {
			add(delta);
			return;
		}
		DoubleAdder fallback = this.fallback;
		if (fallback == null) {
			fallback = makeFallback();
		}
		fallback.add(delta);
	}

	private synchronized DoubleAdder makeFallback() {
		DoubleAdder fallback = this.fallback;
		if (fallback == null) {
			fallback = new DoubleAdder();
			this.fallback = fallback;
		}
		return fallback;
	}

	/**
	 * The sum.
	 * @return the sum of all cells, each read once
	 */
	public double sum() {
		DoubleAdder fallback = this.fallback;
		double sum = (fallback != null) ? fallback.sum() : 0;
		long slot = this.slot;
		if (slot != 0) {
			sum += Recording.sumDouble(slot);
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
	public double[] perCpu() {
		long[] cells = cells();
		return Arrays.stream(cells)
			.limit(Math.max(cells.length - 1, 0))
			.mapToDouble(Double::longBitsToDouble)
			.toArray();
	}

	/**
	 * What was added to no CPU's cell: while the switch was off or rseq could not be had,
	 * or by sections that gave up.
	 * @return the sum of the fallback cells
	 */
	public double fallback() {
		DoubleAdder fallback = this.fallback;
		long[] cells = cells();
		return ((fallback != null) ? fallback.sum() : 0)
				+ ((cells.length > 0) ? Double.longBitsToDouble(cells[cells.length - 1]) : 0);
	}

	@Override
	public String toString() {
		return Double.toString(sum());
	}

}
