package io.github.rseq;

import java.lang.ref.Reference;

import io.github.rseq.binding.Recording;
import io.github.rseq.control.Arena;
import org.jspecify.annotations.Nullable;

/**
 * The count, the total and the recent maximum of values that many threads record: one
 * line of 64 bytes for each CPU, written by one restartable sequence, so that a record
 * takes no atomic instruction, no lock and no cache line that another CPU writes to.
 * <p>
 * Every record is counted exactly once, and all or nothing: it is in the count, the total
 * and the maximum, or in none of them. {@link #read(int)} takes a consistent triple from
 * each CPU: with a single CPU recording, a total that belongs to the count. Across CPUs
 * it is no atomic snapshot: records that run while it reads may be in it or not. It
 * contains everything that happened before it; the count never goes backwards.
 * <p>
 * <b>Time windows.</b> The maximum is that of the last epochs. What an epoch is, the
 * caller says: a number that goes up by one each time a period has passed, and that is
 * given to each record. This class reads no clock. An epoch that is older than one that
 * this CPU has seen, 0 at first, counts as that one.
 * <p>
 * Where restartable sequences can't be had, or the switch is off
 * ({@link Rseq#setEnabled(boolean)}), records go to adders and a maximum in Java, made at
 * the first such record; readings take in both.
 * <p>
 * Memory: 64 bytes for each possible CPU with a window of up to three epochs, of which
 * only the pages of CPUs that recorded are resident, and some 150 bytes of heap. The
 * lines are used again after this object has become unreachable; there is nothing to
 * close.
 * <p>
 * Thread-safe. Virtual threads may record: nothing is kept for a thread.
 */
public abstract sealed class PerCpuRecorder extends PerCpuSlot permits PerCpuLongRecorder, PerCpuDoubleRecorder {

	/**
	 * The longest window, in epochs, that has per-CPU lines. A longer one works all the
	 * same, in Java.
	 */
	public static final int MAX_WINDOW = 1 << 10;

	private static final int PAST = 48;

	private final int window;

	private final int past;

	PerCpuRecorder(int window) {
		super(lineBytes(window), Recording::isRecording);
		if (window < 1) {
			throw new IllegalArgumentException("'window' must be at least 1");
		}
		this.window = window;
		this.past = past(window);
	}

	/*
	 * The epochs before the current one, rounded up to a power of two, which the section
	 * indexes with a mask.
	 */
	private static int past(int window) {
		return (window < 2) ? 0 : Integer.highestOneBit(Math.max(2 * (window - 1) - 1, 1));
	}

	private static int lineBytes(int window) {
		if (window > MAX_WINDOW) {
			return Arena.ROW_BYTES + 64;
		}
		return (PAST + past(window) * Long.BYTES + 63) / 64 * 64;
	}

	/**
	 * The length of the window.
	 * @return in epochs, at least 1
	 */
	public final int window() {
		return this.window;
	}

	/**
	 * The epoch as a section takes it.
	 */
	final long sectionEpoch(int epoch) {
		return ((long) this.past << Integer.SIZE) | (epoch & 0xffffffffL);
	}

	/**
	 * The slot of the line to record in.
	 * @return its address, or 0 where the record goes to Java
	 */
	final long line() {
		if (!Recording.isRecording()) {
			return 0;
		}
		long slot = this.slot;
		return (slot != 0 || !takeSlot()) ? slot : this.slot;
	}

	/**
	 * What was recorded.
	 *
	 * @param count how many values
	 * @param total their sum, of a {@link PerCpuLongRecorder} exact below 2<sup>53</sup>
	 * @param max the largest value of the window, 0 where there is none
	 */
	public record Reading(long count, double total, double max) {
	}

	/**
	 * What was recorded by one CPU's sections.
	 */
	interface LineVisitor {

		void visit(int cpu, LineReader line);

	}

	final void readLines(int epoch, LineVisitor visitor) {
		long slot = this.slot;
		if (slot != 0) {
			Arena arena = RseqRuntime.get().arena();
			LineReader line = new LineReader(arena, slot, this.past);
			for (int cpu = 0; cpu < arena.cpus(); cpu++) {
				line.next(epoch, this.window);
				visitor.visit(cpu, line);
			}
			Reference.reachabilityFence(this);
		}
	}

	/**
	 * What was recorded so far.
	 * @param epoch the epoch that it is now
	 * @return the count and total of all, and the maximum of this epoch and the
	 * {@link #window()} - 1 before it
	 */
	public abstract Reading read(int epoch);

	/**
	 * How many values were recorded on each CPU.
	 * @return an array by CPU number, as long as there are possible CPUs, or by
	 * concurrency id where that numbers the rows ({@link Sharding#MM_CID}); empty where
	 * there are no per-CPU cells
	 */
	public final long[] countPerCpu() {
		if (this.slot == 0) {
			return new long[0];
		}
		long[] counts = new long[RseqRuntime.get().cpus()];
		readLines(0, (cpu, line) -> counts[cpu] = line.count);
		return counts;
	}

	/**
	 * How many values were recorded on no CPU's line: while the switch was off or rseq
	 * could not be had, or by sections that gave up.
	 * @return how many
	 */
	public final long fallbackCount() {
		FallbackRecorder fallback = fallback();
		return (fallback != null) ? fallback.count() : 0;
	}

	abstract @Nullable FallbackRecorder fallback();

}
