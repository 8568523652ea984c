package io.github.rseq;

import java.lang.ref.Reference;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

import io.github.rseq.binding.Recording;

/**
 * What an adder keeps of the arena: the address of its slot, taken at the start or, where
 * adders record per CPU only later, at the first add after that.
 */
abstract sealed class PerCpuSlot permits PerCpuLongAdder, PerCpuDoubleAdder {

	static {
		// Adders make them at the first add that needs one, which may be the last thing
		// that fits on a stack; a class that fails to initialise there fails for good.
		new LongAdder().increment();
		new DoubleAdder().add(1);
	}

	/**
	 * The address of the slot, 0 where there is none. Set once, under the lock; a thread
	 * that still reads 0 goes the slow way, which looks again.
	 */
	long slot;

	PerCpuSlot() {
		// First, so that the first adder finds out whether there is anything to be
		// active.
		RseqRuntime runtime = RseqRuntime.get();
		if (Recording.isActive()) {
			this.slot = runtime.allocate(this);
		}
	}

	/**
	 * Takes a slot, unless there is one.
	 * @return whether there is one now
	 */
	final boolean takeSlot() {
		if (this.slot == 0 && RseqRuntime.get().canAllocate()) {
			synchronized (this) {
				if (this.slot == 0) {
					this.slot = RseqRuntime.get().allocate(this);
				}
			}
		}
		return this.slot != 0;
	}

	/**
	 * Reads the cells.
	 * @return the bits of each CPU's cell, and of the fallback row's behind them; empty
	 * where there is no slot
	 */
	final long[] cells() {
		long slot = this.slot;
		if (slot == 0) {
			return new long[0];
		}
		long[] cells = RseqRuntime.get().read(slot);
		Reference.reachabilityFence(this);
		return cells;
	}

}
