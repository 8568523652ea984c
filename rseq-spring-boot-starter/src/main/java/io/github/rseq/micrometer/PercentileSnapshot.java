package io.github.rseq.micrometer;

import java.io.PrintStream;
import java.util.Arrays;

import io.micrometer.core.instrument.distribution.ValueAtPercentile;
import org.HdrHistogram.DoubleHistogram;

/**
 * Values at one time, by bucket of HdrHistogram; see {@link PercentileBuckets}.
 * <p>
 * HdrHistogram reports a percentile as the highest value of its bucket that it can tell
 * from the next bucket: the edge between them, less the width of the narrowest bucket in
 * its range, which is a bucket of the octave that the lowest value is in.
 */
final class PercentileSnapshot {

	private static final int MANTISSA_BITS = 52;

	private final int mantissaBits;

	// In ascending order.
	private final int[] keys;

	// Of each key and all before.
	private final long[] counts;

	private final double unit;

	private PercentileSnapshot(int mantissaBits, int[] keys, long[] counts) {
		this.mantissaBits = mantissaBits;
		this.keys = keys;
		this.counts = counts;
		this.unit = unit();
	}

	private double unit() {
		for (int key : this.keys) {
			if (key != 0) {
				int exponent = (key >>> this.mantissaBits) - Double.MAX_EXPONENT;
				return Math.scalb(1.0, exponent - this.mantissaBits);
			}
		}
		return 0;
	}

	/**
	 * How many values there are.
	 * @return how many
	 */
	long count() {
		return countUpTo(this.keys.length - 1);
	}

	private long countUpTo(int index) {
		return (index >= 0) ? this.counts[index] : 0;
	}

	/**
	 * How many values are in the bucket of a bound, or below it.
	 * @param bound the bound, not negative
	 * @return how many, as {@code TimeWindowPercentileHistogram} counts the values up to
	 * a service level objective
	 */
	long countAtBucket(double bound) {
		long bits = Double.doubleToRawLongBits(bound) & Long.MAX_VALUE;
		int index = Arrays.binarySearch(this.keys, (int) (bits >>> (MANTISSA_BITS - this.mantissaBits)));
		return countUpTo((index >= 0) ? index : -index - 2);
	}

	/**
	 * The value that a part of all values is not above.
	 * @param percentile the part, from 0 to 1
	 * @return the value as HdrHistogram reports it, 0 where there are no values
	 */
	double valueAt(double percentile) {
		if (this.keys.length == 0) {
			return 0;
		}
		// One ulp less, so that a product that was rounded up doesn't reach for one more.
		double percent = Math.max(Math.nextDown(percentile * 100), 0);
		long rank = Math.max((long) Math.ceil(percent * count() / 100), 1);
		int index = Arrays.binarySearch(this.counts, rank);
		int key = this.keys[(index >= 0) ? index : -index - 1];
		if (key == 0 || percentile == 0) {
			return edge(key);
		}
		return edge(key + 1) - this.unit;
	}

	/**
	 * The values at several percentiles.
	 * @param percentiles the percentiles, from 0 to 1
	 * @return the values, in their order
	 */
	ValueAtPercentile[] valuesAt(double[] percentiles) {
		ValueAtPercentile[] values = new ValueAtPercentile[percentiles.length];
		for (int i = 0; i < values.length; i++) {
			values[i] = new ValueAtPercentile(percentiles[i], valueAt(percentiles[i]));
		}
		return values;
	}

	/*
	 * The lowest value of a bucket.
	 */
	private double edge(int key) {
		return Double.longBitsToDouble((long) key << (MANTISSA_BITS - this.mantissaBits));
	}

	/**
	 * Prints the distribution, as {@code HistogramSnapshot.outputSummary} does.
	 * @param out where to
	 * @param scaling what to divide values by
	 */
	void outputSummary(PrintStream out, double scaling) {
		histogram().outputPercentileDistribution(out, scaling);
	}

	private DoubleHistogram histogram() {
		// It is 10 times as precise with each 3 bits or 4.
		DoubleHistogram histogram = new DoubleHistogram(this.mantissaBits / 3);
		for (int i = 0; i < this.keys.length; i++) {
			try {
				histogram.recordValueWithCount(edge(this.keys[i]), this.counts[i] - countUpTo(i - 1));
			}
			catch (ArrayIndexOutOfBoundsException ex) {
				// Micrometer leaves out as well what is too far from the lowest value.
			}
		}
		return histogram;
	}

	/**
	 * Takes the counts in ascending order of keys.
	 */
	static final class Builder {

		private final int mantissaBits;

		private int[] keys = new int[64];

		private long[] counts = new long[64];

		private int size;

		private long count;

		Builder(int mantissaBits) {
			this.mantissaBits = mantissaBits;
		}

		void add(int key, long count) {
			if (count != 0) {
				if (this.size == this.keys.length) {
					this.keys = Arrays.copyOf(this.keys, 2 * this.size);
					this.counts = Arrays.copyOf(this.counts, 2 * this.size);
				}
				this.count += count;
				// All of them below the least normal number are taken for zero.
				boolean zero = key >>> this.mantissaBits == 0;
				if (!zero || this.size == 0) {
					this.keys[this.size++] = zero ? 0 : key;
				}
				this.counts[this.size - 1] = this.count;
			}
		}

		PercentileSnapshot build() {
			return new PercentileSnapshot(this.mantissaBits, Arrays.copyOf(this.keys, this.size),
					Arrays.copyOf(this.counts, this.size));
		}

	}

}
