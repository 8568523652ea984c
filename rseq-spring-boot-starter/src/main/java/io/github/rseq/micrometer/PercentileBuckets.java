package io.github.rseq.micrometer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

import io.github.rseq.PerCpuLongArray;

/**
 * The values of the last epochs, counted per CPU in the buckets that HdrHistogram would
 * count them in, so that percentiles of them are those that Micrometer's own
 * {@code TimeWindowPercentileHistogram} reports.
 * <p>
 * <b>Buckets.</b> A {@code DoubleHistogram} of <i>d</i> digits divides each octave, from
 * one power of two to the next, into 2<sup>m</sup> buckets of equal width, where
 * 2<sup>m</sup> is the first power of two that is not below 10<sup>d</sup>. What it
 * shifts and resizes is its range, never a bucket's edge. So the bucket of a value is the
 * exponent and the upper <i>m</i> bits of the mantissa: the upper bits of its IEEE 754
 * representation, as a number, its <em>key</em>. Keys are in the order of the values, and
 * the first value of a bucket is its key with zeros behind it.
 * <p>
 * <b>Pages.</b> Keys that differ in their last <i>m</i> bits only, an octave's, are a
 * page (of eight octaves where <i>m</i> is 0). It is one {@link PerCpuLongArray}, made
 * when the first of its values comes, and kept. A directory of two levels, which is read
 * without a lock, tells a value's page.
 * <p>
 * <b>Slots.</b> A page has as many slots as the window has epochs, and one more. One slot
 * is the current epoch's. Counts only grow, since no CPU's cell may be set to zero from
 * another CPU; what a slot had counted before an epoch got it, its baseline, is
 * subtracted. It is taken ahead, from the slot that no epoch in the window has, so that
 * the next epoch begins with a single store, and whoever comes meanwhile need not wait.
 *
 * <pre>
 * window of 3       epoch 7     epoch 8     epoch 9     epoch 10
 * slot 0            [current]       7           7       [prepared]
 * slot 1            [prepared]  [current]       8           8
 * slot 2                5       [prepared]  [current]       9
 * slot 3                6           6       [prepared]  [current]
 * </pre>
 *
 * A thread that was stopped between {@link #indexOf} and its count for longer than the
 * window adds to a slot that is another epoch's by then, or will be the next one's: it is
 * counted then, as if it had recorded later. An epoch older than the current one counts
 * as the current one, and so does a newer one while another thread holds the lock.
 * <p>
 * <b>Range.</b> HdrHistogram extends its range in steps, and loses a value for which the
 * next step would go beyond 63 bits. This happens to values that are some 26 octaves or
 * more apart, depending on their order and on all that came before. Here they are
 * counted. Of what it never takes, values from 2<sup>1022</sup> up are lost here too, and
 * those below 2<sup>-1022</sup> are zeros. There are at most {@value #MAX_PAGES} pages,
 * as many octaves as the values of a {@code long} have, and zero; values that no page is
 * left for are lost to the percentiles.
 * <p>
 * Memory: {@link #pageBytes()} for each possible CPU and octave that ever had a value, of
 * which only the 4 KiB pages that a CPU counted on are resident; on the heap as much once
 * for the baselines of an octave, and about 1.5 KiB.
 * <p>
 * Thread-safe. {@link #bucketsOf} and {@link #indexOf} wait for no lock, and allocate
 * only at a page's first value and at an epoch's.
 */
final class PercentileBuckets {

	/**
	 * The highest precision that can be counted per CPU, in digits.
	 */
	static final int MAX_PRECISION = 3;

	/**
	 * The greatest number of pages.
	 */
	static final int MAX_PAGES = 65;

	/**
	 * The most memory that a page may take on all CPUs, in bytes.
	 */
	static final int MAX_PAGE_BYTES = 1 << 20;

	private static final VarHandle LEAVES = MethodHandles.arrayElementVarHandle(Leaf[].class);

	private static final VarHandle PAGES = MethodHandles.arrayElementVarHandle(PerCpuLongArray[].class);

	private static final int LEAF_BITS = 4;

	private static final int LEAF_LENGTH = 1 << LEAF_BITS;

	private static final int EXPONENTS = 1 << 11;

	private static final int MANTISSA_BITS = 52;

	// Of the values that HdrHistogram never accepts.
	private static final int FIRST_LOST_EXPONENT = 1022 + Double.MAX_EXPONENT;

	private final int window;

	private final int mantissaBits;

	private final int pageBits;

	private final Leaf[] leaves;

	private final ReentrantLock lock = new ReentrantLock();

	// By slot, guarded by the lock: the epoch that has it, or had it last.
	private final int[] epochs;

	// Guarded by the lock.
	private int pages;

	private @Nullable PerCpuLongArray lost;

	/*
	 * The current epoch in the upper half, and the index that its slot begins at in the
	 * lower: one store switches both. Written under the lock.
	 */
	private volatile long current;

	/**
	 * Makes buckets without a value.
	 * @param precision how many digits of a value are significant, from 0 to
	 * {@link #MAX_PRECISION}
	 * @param window how many epochs percentiles are taken of, at least 1
	 * @param epoch the epoch that it is now
	 */
	PercentileBuckets(int precision, int window, int epoch) {
		if (window < 1) {
			throw new IllegalArgumentException("'window' must be at least 1");
		}
		String unsupported = unsupported(precision, window, 1);
		if (unsupported != null) {
			throw new IllegalArgumentException(unsupported);
		}
		this.window = window;
		this.mantissaBits = mantissaBits(precision);
		this.pageBits = pageBits(precision);
		this.leaves = new Leaf[EXPONENTS >> (this.pageBits - this.mantissaBits + LEAF_BITS)];
		this.epochs = new int[window + 1];
		// None but the first slot is in the window.
		Arrays.fill(this.epochs, epoch - window);
		this.epochs[0] = epoch;
		this.current = current(epoch, 0);
	}

	/**
	 * Why percentiles can't be counted per CPU, if so.
	 * @param precision how many digits of a value are significant
	 * @param window how many epochs percentiles are taken of
	 * @param cpus how many CPUs are possible
	 * @return a clause that tells the limit, or {@code null} where they can
	 */
	static @Nullable String unsupported(int precision, int window, int cpus) {
		if (precision < 0 || precision > MAX_PRECISION) {
			return "a percentile precision of " + precision + " is not from 0 to " + MAX_PRECISION;
		}
		long cells = (window + 1L) << pageBits(precision);
		if (cells > PerCpuLongArray.MAX_LENGTH) {
			return "percentiles of precision " + precision + " and buffer length " + window + " take " + cells
					+ " cells per octave, of " + PerCpuLongArray.MAX_LENGTH;
		}
		if (cells * Long.BYTES * cpus > MAX_PAGE_BYTES) {
			return "percentiles of precision " + precision + " and buffer length " + window + " take "
					+ cells * Long.BYTES * cpus + " bytes per octave on " + cpus + " CPUs, of " + MAX_PAGE_BYTES;
		}
		return null;
	}

	/*
	 * The first power of two that is not below 10 to the precision.
	 */
	private static int mantissaBits(int precision) {
		int units = 1;
		for (int i = 0; i < precision; i++) {
			units *= 10;
		}
		return Integer.SIZE - Integer.numberOfLeadingZeros(units - 1);
	}

	/*
	 * A page is not less than a cache line.
	 */
	private static int pageBits(int precision) {
		return Math.max(mantissaBits(precision), 3);
	}

	private static long current(int epoch, int offset) {
		return ((long) epoch << Integer.SIZE) | offset;
	}

	/**
	 * The key of a value: the upper bits of its representation, without the sign, which
	 * may be set for a zero.
	 * @param value the value, not negative
	 * @return its key
	 */
	int key(double value) {
		return (int) ((Double.doubleToRawLongBits(value) & Long.MAX_VALUE) >>> (MANTISSA_BITS - this.mantissaBits));
	}

	/**
	 * The buckets that values of a key are counted in. They do not depend on the epoch.
	 * @param key the key
	 * @return its buckets
	 */
	PerCpuLongArray bucketsOf(int key) {
		int page = key >>> this.pageBits;
		Leaf leaf = (Leaf) LEAVES.getAcquire(this.leaves, page >>> LEAF_BITS);
		if (leaf != null) {
			PerCpuLongArray buckets = (PerCpuLongArray) PAGES.getAcquire(leaf.pages, page & (LEAF_LENGTH - 1));
			if (buckets != null) {
				return buckets;
			}
		}
		return makePage(page);
	}

	/**
	 * Where to count values of a key in its {@link #bucketsOf(int)}.
	 * @param key the key
	 * @param epoch the epoch that it is now
	 * @return the index
	 */
	int indexOf(int key, int epoch) {
		long current = this.current;
		if (epoch - (int) (current >>> Integer.SIZE) > 0) {
			current = tryAdvance(epoch);
		}
		return (int) current + (key & ((1 << this.pageBits) - 1));
	}

	private PerCpuLongArray makePage(int page) {
		this.lock.lock();
		try {
			Leaf leaf = this.leaves[page >>> LEAF_BITS];
			if (leaf == null) {
				leaf = new Leaf();
				LEAVES.setRelease(this.leaves, page >>> LEAF_BITS, leaf);
			}
			PerCpuLongArray buckets = leaf.pages[page & (LEAF_LENGTH - 1)];
			if (buckets == null) {
				buckets = (this.pages < MAX_PAGES) ? new PerCpuLongArray(cells()) : lost();
				this.pages += (buckets != this.lost) ? 1 : 0;
				PAGES.setRelease(leaf.pages, page & (LEAF_LENGTH - 1), buckets);
			}
			return buckets;
		}
		finally {
			this.lock.unlock();
		}
	}

	private PerCpuLongArray lost() {
		PerCpuLongArray lost = this.lost;
		if (lost == null) {
			lost = new PerCpuLongArray(cells());
			this.lost = lost;
		}
		return lost;
	}

	private int cells() {
		return (this.window + 1) << this.pageBits;
	}

	private long tryAdvance(int epoch) {
		// Whoever holds it may be reading all cells, which no record is to wait for.
		if (this.lock.tryLock()) {
			try {
				advance(epoch);
			}
			finally {
				this.lock.unlock();
			}
		}
		return this.current;
	}

	private void advance(int epoch) {
		long current = this.current;
		if (epoch - (int) (current >>> Integer.SIZE) > 0) {
			int slot = following((int) current >>> this.pageBits);
			this.epochs[slot] = epoch;
			this.current = current(epoch, slot << this.pageBits);
			prepare(following(slot));
		}
	}

	private int following(int slot) {
		return (slot < this.window) ? slot + 1 : 0;
	}

	/*
	 * Makes what a slot has counted its baseline.
	 */
	private void prepare(int slot) {
		int from = slot << this.pageBits;
		long[] sums = new long[1 << this.pageBits];
		forEachPage((page, buckets, leaf, index) -> {
			Arrays.fill(sums, 0);
			buckets.addSumsTo(sums, from);
			long[] baseline = leaf.baselines[index];
			if (baseline == null) {
				baseline = new long[cells()];
				leaf.baselines[index] = baseline;
			}
			System.arraycopy(sums, 0, baseline, from, sums.length);
		});
	}

	/**
	 * The values of the last epochs.
	 * @param epoch the epoch that it is now
	 * @return the values of this epoch and as many before it as the window has
	 */
	PercentileSnapshot snapshot(int epoch) {
		PercentileSnapshot.Builder snapshot = new PercentileSnapshot.Builder(this.mantissaBits);
		this.lock.lock();
		try {
			advance(epoch);
			int now = (int) (this.current >>> Integer.SIZE);
			int end = FIRST_LOST_EXPONENT << this.mantissaBits;
			long[] counts = new long[1 << this.pageBits];
			forEachPage((page, buckets, leaf, index) -> {
				count(buckets, leaf.baselines[index], now, counts);
				int key = page << this.pageBits;
				for (int cell = 0; cell < counts.length && key + cell < end; cell++) {
					snapshot.add(key + cell, counts[cell]);
				}
			});
		}
		finally {
			this.lock.unlock();
		}
		return snapshot.build();
	}

	private void count(PerCpuLongArray buckets, long @Nullable [] baseline, int now, long[] counts) {
		Arrays.fill(counts, 0);
		for (int slot = 0; slot <= this.window; slot++) {
			if (now - this.epochs[slot] < this.window) {
				int from = slot << this.pageBits;
				buckets.addSumsTo(counts, from);
				for (int cell = 0; baseline != null && cell < counts.length; cell++) {
					counts[cell] -= baseline[from + cell];
				}
			}
		}
	}

	/*
	 * In the order of their values, under the lock.
	 */
	private void forEachPage(PageVisitor visitor) {
		for (int i = 0; i < this.leaves.length; i++) {
			Leaf leaf = this.leaves[i];
			for (int j = 0; leaf != null && j < LEAF_LENGTH; j++) {
				int page = (i << LEAF_BITS) + j;
				PerCpuLongArray buckets = leaf.pages[j];
				if (buckets != null && buckets != this.lost) {
					visitor.visit(page, buckets, leaf, j);
				}
			}
		}
	}

	/**
	 * The memory of a page, for each CPU.
	 * @return in bytes
	 */
	int pageBytes() {
		return cells() * Long.BYTES;
	}

	/**
	 * The number of pages.
	 * @return the number, at most {@link #MAX_PAGES}
	 */
	int pages() {
		this.lock.lock();
		try {
			return this.pages;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Part of the directory.
	 */
	private static final class Leaf {

		final @Nullable PerCpuLongArray[] pages = new PerCpuLongArray[LEAF_LENGTH];

		// Of all slots of each page, guarded by the lock; null where all are zero.
		final long[] @Nullable [] baselines = new long[LEAF_LENGTH][];

	}

	/**
	 * What is done with each page.
	 */
	private interface PageVisitor {

		void visit(int page, PerCpuLongArray buckets, Leaf leaf, int index);

	}

}
