package io.github.rseq.micrometer;

import java.io.PrintStream;
import java.util.function.BiConsumer;

import io.github.rseq.PerCpuLongArray;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;

/**
 * The buckets of one meter. There is one cell more than there are bounds, for the values
 * above all of them: so all cells together hold all values, and a scrape can take the
 * number of values from the same reading as the buckets.
 * <p>
 * Thread-safe.
 */
abstract class Buckets {

	private final BucketBounds bounds;

	Buckets(BucketBounds bounds) {
		this.bounds = bounds;
	}

	final BucketBounds bounds() {
		return this.bounds;
	}

	/**
	 * Make cells for one array of buckets.
	 * @return the cells, all zero
	 */
	final PerCpuLongArray newCells() {
		return new PerCpuLongArray(this.bounds.size() + 1);
	}

	/**
	 * The cell of a value.
	 * @param value the value
	 * @return an index of {@link #cells()}
	 */
	final int indexOf(long value) {
		return this.bounds.indexOf(value);
	}

	/**
	 * The cell of a value, which is rounded up to a whole one first, as Micrometer does.
	 * @param value the value
	 * @return an index of {@link #cells()}
	 */
	final int indexOf(double value) {
		return this.bounds.indexOf((long) Math.ceil(value));
	}

	/**
	 * The cells to record in now.
	 * @return the cells
	 */
	abstract PerCpuLongArray cells();

	/**
	 * The sums of the cells to show now.
	 * @return as many as there are bounds, and one
	 */
	abstract long[] sums();

	/**
	 * What prints a summary of these buckets, or of the percentiles beside them.
	 * @param percentiles the percentiles
	 * @return what prints it
	 */
	abstract BiConsumer<PrintStream, Double> summary(HistogramSnapshot percentiles);

	/**
	 * The counts, each of its bucket and all below.
	 * @param infinite whether there is to be a bucket for all values, in case that the
	 * highest bound is finite
	 * @return the counts
	 */
	final CountAtBucket[] counts(boolean infinite) {
		long[] sums = sums();
		int size = this.bounds.size();
		boolean addInfinite = infinite && size > 0 && Double.isFinite(this.bounds.get(size - 1));
		CountAtBucket[] counts = new CountAtBucket[addInfinite ? size + 1 : size];
		double count = 0;
		for (int i = 0; i < counts.length; i++) {
			count += sums[i];
			counts[i] = new CountAtBucket((i < size) ? this.bounds.get(i) : Double.POSITIVE_INFINITY, count);
		}
		return counts;
	}

}
