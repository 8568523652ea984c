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
 * A value is a {@code long} that counts as the {@code double} nearest to it. So a bound
 * is kept as its limit, the greatest value that is not above it. Up to four limits are
 * all compared. For more of them a table tells where those of each eighth of an octave
 * begin. Where none has more than two, as in Micrometer's percentile histograms with a
 * few objectives among them, those two are compared; in other tables few limits are left
 * to search. Without a search no branch depends on the value: values come in no order,
 * and each wrong guess of the processor costs more than the rest.
 * <p>
 * Memory: 16 bytes for each bound, 2 KiB for a table, and some 150. Meters of one
 * registry with the same bounds share them.
 */
final class BucketBounds {

	// So many limits are compared without a table.
	private static final int ALL = 4;

	// So many limits of an eighth are compared without a search.
	private static final int FEW = 2;

	private final double[] bounds;

	// FEW that no value is above end them.
	private final long[] limits;

	// The first ones, for whoever compares all.
	private final long limit0;

	private final long limit1;

	private final long limit2;

	private final long limit3;

	private final int[] starts;

	private final boolean few;

	private final boolean sparse;

	/**
	 * Bounds.
	 * @param bounds the upper bounds, in ascending order
	 */
	BucketBounds(Collection<Double> bounds) {
		this.bounds = bounds.stream().mapToDouble(Double::doubleValue).toArray();
		int length = this.bounds.length;
		this.limits = new long[Math.max(length + FEW, ALL)];
		Arrays.setAll(this.limits, (bound) -> (bound < length) ? limit(this.bounds[bound]) : Long.MAX_VALUE);
		this.limit0 = this.limits[0];
		this.limit1 = this.limits[1];
		this.limit2 = this.limits[2];
		this.limit3 = this.limits[3];
		this.few = length <= ALL;
		this.starts = this.few ? new int[0] : starts();
		this.sparse = IntStream.range(0, this.starts.length)
			.allMatch((eighth) -> end(eighth) - this.starts[eighth] <= FEW);
	}

	/*
	 * From 2^53 on, values between two doubles count as one of them; those in the middle
	 * as the one that is even.
	 */
	private static long limit(double bound) {
		// Nothing is above NaN either, which Micrometer takes for a bound.
		if (!(bound < 0x1p63)) {
			return Long.MAX_VALUE;
		}
		long limit = (long) Math.floor(bound) + (long) (Math.ulp(bound) / 2);
		return (limit <= bound) ? limit : limit - 1;
	}

	/*
	 * A number that grows with the value: its octave, and the three bits behind its
	 * highest one. Values below 16 have one each.
	 */
	private static int eighth(long value) {
		int octave = Long.SIZE - 1 - Long.numberOfLeadingZeros(Math.max(value, 0) | 8);
		return (octave << 3) + (int) (value >>> (octave - 3));
	}

	/*
	 * How many limits are below each eighth. All of them, so that none has to be looked
	 * for in another way.
	 */
	private int[] starts() {
		int[] starts = new int[eighth(Long.MAX_VALUE) + 1];
		for (int i = 0, bound = 0; i < starts.length; i++) {
			while (bound < this.bounds.length && eighth(this.limits[bound]) < i) {
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
		if (value < 0) {
			return 0;
		}
		if (this.few) {
			return (int) (below(this.limit0, value) + below(this.limit1, value) + below(this.limit2, value)
					+ below(this.limit3, value));
		}
		int eighth = eighth(value);
		int start = this.starts[eighth];
		if (this.sparse) {
			return (int) (start + below(this.limits[start], value) + below(this.limits[start + 1], value));
		}
		return search(value, start, end(eighth));
	}

	/*
	 * 1 where the limit is below, otherwise 0: the difference's sign.
	 */
	private static long below(long limit, long value) {
		return (limit - value) >>> (Long.SIZE - 1);
	}

	private int search(long value, int start, int end) {
		int from = start;
		int to = end;
		while (from < to) {
			int middle = (from + to) >>> 1;
			if (this.limits[middle] < value) {
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
