package io.github.rseq;

import java.lang.ref.Reference;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;

/**
 * What an adder, a recorder or an array keeps of the arena: the address of its slot,
 * taken at the start or, where it is to be written per CPU only later, at the first write
 * after that.
 */
abstract sealed class PerCpuSlot permits PerCpuLongAdder, PerCpuDoubleAdder, PerCpuLongArray, PerCpuRecorder {

	static {
		// Adders and recorders make them at the first add that needs one, which may be
		// the last thing that fits on a stack; a class that fails to initialise there
		// fails for good.
		new LongAdder().increment();
		new DoubleAdder().add(1);
		new FallbackRecorder.OfLongs(1).record(1, 1);
		new FallbackRecorder.OfDoubles(1).record(1, 1);
	}

	/**
	 * The address of the slot, 0 where there is none. Set once, under the lock; a thread
	 * that still reads 0 goes the slow way, which looks again.
	 */
	long slot;

	private final int bytes;

	private boolean refused;

	/**
	 * Takes a slot, if it is going to be used now.
	 * @param bytes its length: 8, or a multiple of 64
	 * @param used whether it is going to be used
	 */
	PerCpuSlot(int bytes, BooleanSupplier used) {
		this.bytes = bytes;
		// First, so that the first object finds out whether there is anything to use.
		RseqRuntime runtime = RseqRuntime.get();
		if (used.getAsBoolean()) {
			this.slot = runtime.allocate(this, bytes);
			this.refused = this.slot == 0;
		}
	}

	/**
	 * Takes a slot, unless there is one.
	 * @return whether there is one now
	 */
	final boolean takeSlot() {
		if (this.slot == 0 && !this.refused) {
			synchronized (this) {
				if (this.slot == 0) {
					this.slot = RseqRuntime.get().allocate(this, this.bytes);
					this.refused = this.slot == 0;
				}
			}
		}
		return this.slot != 0;
	}

	/**
	 * Reads the cells of a slot of 8 bytes.
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
