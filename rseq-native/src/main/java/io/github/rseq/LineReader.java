package io.github.rseq;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import io.github.rseq.control.Arena;

/**
 * Reads what sections write, from Java: the arena's memory is an ordinary one, and each
 * word in it is loaded untorn.
 * <p>
 * A line is read as its section's guarantees allow ({@code sections.S}): the sequence
 * with acquire, the active copy, and the sequence again. If it is the same, the copy is
 * of one moment. If not, the CPU has committed meanwhile, and the reader tries again: it
 * waits for nobody, and has no bound either. A line is one cache line, which its writer
 * has to take back before it can commit, so a second try is rare.
 */
final class LineReader {

	private static final VarHandle LONGS = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

	private static final VarHandle INTS = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

	private static final int TOTAL = 8;

	private static final int MAX = 24;

	private static final int EPOCH = 40;

	private static final int PAST = 48;

	private final ByteBuffer memory;

	private final int past;

	private int position;

	/**
	 * The count read last.
	 */
	long count;

	/**
	 * The bits of the total read last.
	 */
	long total;

	/**
	 * The bits of the maximum read last, of the window asked for.
	 */
	long max;

	/**
	 * Makes a reader of a slot.
	 * @param arena the arena
	 * @param slot the slot of a line
	 * @param past how many past entries the line has
	 */
	LineReader(Arena arena, long slot, int past) {
		this.memory = arena.memory(slot);
		this.position = arena.position(slot);
		this.past = past;
	}

	static long cell(ByteBuffer memory, int position) {
		return (long) LONGS.getOpaque(memory, position);
	}

	/**
	 * Reads the line of the next CPU, of the first one at the first call.
	 * @param epoch the epoch that it is now
	 * @param window how many epochs the maximum is wanted of
	 */
	void next(int epoch, int window) {
		int of;
		do {
			of = readCopy();
			this.max = windowMax(this.max, of, Math.max(epoch, 0), window);
		}
		while (this.past > 0 && epochNow() != of);
		this.position += Arena.ROW_BYTES;
	}

	/**
	 * Reads the active copy.
	 * @return its epoch
	 */
	private int readCopy() {
		int line = this.position;
		long again = (long) LONGS.getAcquire(this.memory, line);
		int of;
		do {
			this.count = again;
			int copy = (int) again & 1;
			this.total = cell(this.memory, line + TOTAL + copy * Long.BYTES);
			this.max = cell(this.memory, line + MAX + copy * Long.BYTES);
			of = (int) INTS.getOpaque(this.memory, line + EPOCH + copy * Integer.BYTES);
			VarHandle.loadLoadFence();
			again = (long) LONGS.getAcquire(this.memory, line);
		}
		while (this.count != again);
		return of;
	}

	/*
	 * Past entries of this window change only when the epoch does, so it is enough that
	 * it is the same after they were read. A rotation that is aborted writes entries as
	 * well, those of epochs that have left every window by the epoch it would begin.
	 */
	private int epochNow() {
		VarHandle.loadLoadFence();
		int copy = (int) (long) LONGS.getAcquire(this.memory, this.position) & 1;
		return (int) INTS.getOpaque(this.memory, this.position + EPOCH + copy * Integer.BYTES);
	}

	private long windowMax(long max, int of, int epoch, int window) {
		// A line may be ahead of the epoch that its reader knows.
		int behind = Math.max(epoch - of, 0);
		long result = (behind < window) ? max : 0;
		for (int back = 1; back <= this.past && back < window - behind; back++) {
			result = Math.max(result,
					cell(this.memory, this.position + PAST + ((of - back) & (this.past - 1)) * Long.BYTES));
		}
		return result;
	}

}
