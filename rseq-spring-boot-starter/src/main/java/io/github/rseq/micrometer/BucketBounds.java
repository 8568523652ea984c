package io.github.rseq.micrometer;

import java.util.Arrays;
import java.util.Collection;

/**
 * The upper bounds of a histogram's buckets, in ascending order, and which of them a
 * value belongs to: the lowest that is not below it. Immutable.
 * <p>
 * A table tells for each power of two where its bounds begin, and between two of them few
 * are left to search. Memory: 8 bytes for each bound, 4 for each power of two from the
 * lowest bound to the highest.
 */
final class BucketBounds {

	// A value is a long, and the highest power of two in a double made of one is 2^63.
	private static final int HIGHEST = 63;

	private final double[] bounds;

	private final int lowest;

	private final int[] starts;

	/**
	 * Bounds.
	 * @param bounds the upper bounds, in ascending order
	 */
	BucketBounds(Collection<Double> bounds) {
		this.bounds = bounds.stream().mapToDouble(Double::doubleValue).toArray();
		int count = this.bounds.length;
		this.lowest = (count > 0) ? octave(this.bounds[0]) : HIGHEST;
		int highest = (count > 0) ? octave(this.bounds[count - 1]) : HIGHEST;
		this.starts = new int[highest - this.lowest + 2];
		for (int i = 0, bound = 0; i < this.starts.length - 1; i++) {
			double begin = Math.scalb(1.0, this.lowest + i);
			while (bound < count && this.bounds[bound] < begin) {
				bound++;
			}
			this.starts[i] = bound;
		}
		this.starts[this.starts.length - 1] = count;
	}

	private static int octave(double bound) {
		return Math.min(Math.max(Math.getExponent(bound), 0), HIGHEST);
	}

	/**
	 * How many bounds there are.
	 * @return the number
	 */
	int size() {
		return this.bounds.length;
	}

	double get(int index) {
		return this.bounds[index];
	}

	double[] toArray() {
		return Arrays.copyOf(this.bounds, this.bounds.length);
	}

	/**
	 * The bucket of a value. It is compared as a {@code double}.
	 * @param value the value
	 * @return the index of the lowest bound that is not below it, {@link #size()} if all
	 * are
	 */
	int indexOf(long value) {
		double[] bounds = this.bounds;
		double wanted = value;
		int octave = Math.getExponent(wanted) - this.lowest;
		if (octave < 0 || value < 0) {
			return 0;
		}
		if (octave >= this.starts.length - 1) {
			return bounds.length;
		}
		int from = this.starts[octave];
		int to = this.starts[octave + 1];
		while (from < to) {
			int middle = (from + to) >>> 1;
			if (bounds[middle] < wanted) {
				from = middle + 1;
			}
			else {
				to = middle;
			}
		}
		return from;
	}

}
