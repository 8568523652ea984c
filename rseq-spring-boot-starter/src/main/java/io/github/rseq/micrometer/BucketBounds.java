package io.github.rseq.micrometer;

import java.lang.ref.WeakReference;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;

/**
 * The upper bounds of a histogram's buckets, in ascending order, and which of them a
 * value belongs to: the lowest that is not below it. Immutable.
 * <p>
 * A table tells for each eighth of an octave where its bounds begin. Where none has more
 * than two, as in Micrometer's percentile histograms with a few objectives among them, a
 * value is found without a branch that depends on it: values come in no order, and each
 * wrong guess of the processor costs more than the rest. In other tables few bounds are
 * left to search.
 * <p>
 * Memory: 16 bytes for each bound, 4 for each eighth of an octave from the lowest bound
 * to the highest. Meters of one registry with the same bounds share them.
 */
final class BucketBounds {

	// A value is a long, and the highest power of two in a double made of one is 2^63.
	private static final int HIGHEST_OCTAVE = 63;

	// The sign, which is 0, the exponent and the first three bits of the mantissa remain.
	private static final int EIGHTH_SHIFT = 49;

	// So many bounds of an eighth are compared one by one, without a search.
	private static final int FEW = 2;

	private final double[] bounds;

	// Positive doubles are in the order of their bits. FEW infinite bounds end them.
	private final long[] bits;

	private final int lowest;

	private final int[] starts;

	private final boolean sparse;

	/**
	 * Bounds.
	 * @param bounds the upper bounds, in ascending order
	 */
	BucketBounds(Collection<Double> bounds) {
		this.bounds = bounds.stream().mapToDouble(Double::doubleValue).toArray();
		this.bits = bits(this.bounds);
		int last = this.bounds.length - 1;
		int lowest = (last >= 0) ? octave(this.bounds[0]) : HIGHEST_OCTAVE;
		int highest = (last >= 0) ? octave(this.bounds[last]) : HIGHEST_OCTAVE;
		this.lowest = eighth(Double.doubleToRawLongBits(Math.scalb(1.0, lowest)));
		this.starts = starts(this.lowest, eighth(Double.doubleToRawLongBits(Math.scalb(1.0, highest))) + 8);
		this.sparse = IntStream.range(0, this.starts.length)
			.allMatch((eighth) -> end(eighth) - this.starts[eighth] <= FEW);
	}

	private static long[] bits(double[] bounds) {
		double[] ended = Arrays.copyOf(bounds, bounds.length + FEW);
		Arrays.fill(ended, bounds.length, ended.length, Double.POSITIVE_INFINITY);
		return Arrays.stream(ended).mapToLong(Double::doubleToRawLongBits).toArray();
	}

	private static int octave(double bound) {
		return Math.min(Math.max(Math.getExponent(bound), 0), HIGHEST_OCTAVE);
	}

	private static int eighth(long bits) {
		return (int) (bits >>> EIGHTH_SHIFT);
	}

	/*
	 * How many bounds are below each eighth.
	 */
	private int[] starts(int from, int to) {
		int[] starts = new int[to - from];
		for (int i = 0, bound = 0; i < starts.length; i++) {
			while (bound < this.bounds.length && eighth(this.bits[bound]) < from + i) {
				bound++;
			}
			starts[i] = bound;
		}
		return starts;
	}

	private int end(int eighth) {
		return (eighth + 1 < this.starts.length) ? this.starts[eighth + 1] : this.bounds.length;
	}

	/**
	 * Whether values are found without a search.
	 * @return whether they are
	 */
	boolean isSparse() {
		return this.sparse;
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
		long wanted = Double.doubleToRawLongBits(value);
		int eighth = eighth(wanted) - this.lowest;
		if (eighth < 0 || value < 0) {
			return 0;
		}
		if (eighth >= this.starts.length) {
			return this.bounds.length;
		}
		int start = this.starts[eighth];
		if (this.sparse) {
			return start + below(start, wanted) + below(start + 1, wanted);
		}
		return search(wanted, start, end(eighth));
	}

	/*
	 * 1 where the bound is below, otherwise 0: the difference's sign.
	 */
	private int below(int bound, long wanted) {
		return (int) ((this.bits[bound] - wanted) >>> (Long.SIZE - 1));
	}

	private int search(long wanted, int start, int end) {
		int from = start;
		int to = end;
		while (from < to) {
			int middle = (from + to) >>> 1;
			if (this.bits[middle] < wanted) {
				from = middle + 1;
			}
			else {
				to = middle;
			}
		}
		return from;
	}

	/**
	 * The bounds of one registry's meters, each made once as long as a meter has it.
	 * Thread-safe.
	 */
	static final class Shared {

		private final Map<List<Double>, WeakReference<BucketBounds>> shared = new ConcurrentHashMap<>();

		/**
		 * Bounds.
		 * @param bounds the upper bounds, in ascending order
		 * @return those that another meter has, too, if there are any
		 */
		BucketBounds of(Collection<Double> bounds) {
			List<Double> key = List.copyOf(bounds);
			BucketBounds found = found(this.shared.get(key));
			return (found != null) ? found : make(key);
		}

		private static @Nullable BucketBounds found(@Nullable WeakReference<BucketBounds> reference) {
			return (reference != null) ? reference.get() : null;
		}

		private synchronized BucketBounds make(List<Double> key) {
			BucketBounds found = found(this.shared.get(key));
			if (found == null) {
				this.shared.values().removeIf((reference) -> reference.get() == null);
				found = new BucketBounds(key);
				this.shared.put(key, new WeakReference<>(found));
			}
			return found;
		}

	}

}
