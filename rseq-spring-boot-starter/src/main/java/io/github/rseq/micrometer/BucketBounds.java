package io.github.rseq.micrometer;

import java.lang.ref.WeakReference;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

/**
 * The upper bounds of a histogram's buckets, in ascending order, and which of them a
 * value belongs to: the lowest that is not below it. Immutable.
 * <p>
 * A table tells for each eighth of an octave where its bounds begin. Where none has more
 * than one bound, as in Micrometer's percentile histograms, a value is found without a
 * branch that depends on it: values come in no order, and each wrong guess of the
 * processor costs more than the rest. In other tables few bounds are left to search.
 * <p>
 * Memory: 16 bytes for each bound, 4 for each eighth of an octave from the lowest bound
 * to the highest. Meters of one registry with the same bounds share them.
 */
final class BucketBounds {

	// A value is a long, and the highest power of two in a double made of one is 2^63.
	private static final int HIGHEST = 63;

	// The sign, which is 0, the exponent and the first three bits of the mantissa remain.
	private static final int CELL_SHIFT = 49;

	private static final int CELLS_PER_OCTAVE = 8;

	private final double[] bounds;

	// Positive doubles are in the order of their bits. An infinite bound ends them.
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
		int count = this.bounds.length;
		this.bits = Arrays.copyOf(bits(this.bounds), count + 1);
		this.bits[count] = Double.doubleToRawLongBits(Double.POSITIVE_INFINITY);
		int lowest = (count > 0) ? octave(this.bounds[0]) : HIGHEST;
		int highest = (count > 0) ? octave(this.bounds[count - 1]) : HIGHEST;
		this.lowest = cell(Math.scalb(1.0, lowest));
		this.starts = new int[(highest - lowest + 1) * CELLS_PER_OCTAVE + 1];
		boolean sparse = true;
		for (int i = 0, bound = 0; i < this.starts.length; i++) {
			long begin = (long) (this.lowest + i) << CELL_SHIFT;
			while (bound < count && this.bits[bound] < begin) {
				bound++;
			}
			this.starts[i] = bound;
			sparse &= i == 0 || bound - this.starts[i - 1] <= 1;
		}
		this.sparse = sparse;
	}

	private static long[] bits(double[] bounds) {
		return Arrays.stream(bounds).mapToLong(Double::doubleToRawLongBits).toArray();
	}

	private static int octave(double bound) {
		return Math.min(Math.max(Math.getExponent(bound), 0), HIGHEST);
	}

	private static int cell(double value) {
		return (int) (Double.doubleToRawLongBits(value) >>> CELL_SHIFT);
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
		int cell = (int) (wanted >>> CELL_SHIFT) - this.lowest;
		if (cell < 0 || value < 0) {
			return 0;
		}
		if (cell >= this.starts.length - 1) {
			return this.bounds.length;
		}
		int start = this.starts[cell];
		if (this.sparse) {
			// The difference's sign: 1 where the bound is below.
			return start + (int) ((this.bits[start] - wanted) >>> (Long.SIZE - 1));
		}
		return search(wanted, start, this.starts[cell + 1]);
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
