package io.github.rseq;

import java.lang.ref.Reference;

import io.github.rseq.binding.Recording;
import org.jspecify.annotations.Nullable;

/**
 * A {@link PerCpuRecorder} of values of type {@code double}. The total is rounded at each
 * addition, as that of {@link PerCpuDoubleAdder}.
 * <p>
 * Thread-safe.
 */
public final class PerCpuDoubleRecorder extends PerCpuRecorder {

	private volatile FallbackRecorder.@Nullable OfDoubles fallback;

	/**
	 * Makes a recorder that has recorded nothing. Never fails for want of rseq or of
	 * memory outside the heap.
	 * @param window how many epochs the maximum is taken of, at least 1
	 */
	public PerCpuDoubleRecorder(int window) {
		super(window);
	}

	/**
	 * Records a value.
	 * @param value the value, not negative and not NaN
	 * @param epoch the epoch that it is now, from 0
	 */
	public void record(double value, int epoch) {
		long slot = line();
		if (slot == 0 || !Recording.recordDouble(slot, value, sectionEpoch(epoch))) {
			recordInJava(value, epoch);
		}
		// The slot is used again once this object is unreachable: not before that.
		Reference.reachabilityFence(this);
	}

	/**
	 * Records a value and adds 1 to a bucket, in one native call. Each is exactly once;
	 * the bucket comes first.
	 * @param value the value, not negative and not NaN
	 * @param epoch the epoch that it is now, from 0
	 * @param buckets the buckets
	 * @param index the bucket's index
	 */
	public void record(double value, int epoch, PerCpuLongArray buckets, int index) {
		long bucket = buckets.cell(index);
		long slot = line();
		if (bucket == 0 || slot == 0) {
			buckets.add(index, 1);
			record(value, epoch);
		}
		else if (!Recording.recordDouble(slot, value, sectionEpoch(epoch), bucket, 0)) {
			recordInJava(value, epoch);
		}
		Reference.reachabilityFence(buckets);
		Reference.reachabilityFence(this);
	}

	/**
	 * Records a value and adds 1 to two buckets, in one native call. Each is exactly
	 * once; the buckets come first.
	 * @param value the value, not negative and not NaN
	 * @param epoch the epoch that it is now, from 0
	 * @param buckets the first buckets
	 * @param index the bucket's index
	 * @param buckets2 the second buckets
	 * @param index2 the bucket's index
	 */
	public void record(double value, int epoch, PerCpuLongArray buckets, int index, PerCpuLongArray buckets2,
			int index2) {
		long bucket = buckets.cell(index);
		long bucket2 = buckets2.cell(index2);
		long slot = line();
		if (bucket == 0 || bucket2 == 0 || slot == 0) {
			buckets2.add(index2, 1);
			record(value, epoch, buckets, index);
		}
		else if (!Recording.recordDouble(slot, value, sectionEpoch(epoch), bucket, bucket2)) {
			recordInJava(value, epoch);
		}
		Reference.reachabilityFence(buckets);
		Reference.reachabilityFence(buckets2);
		Reference.reachabilityFence(this);
	}

	private void recordInJava(double value, int epoch) {
		FallbackRecorder.OfDoubles fallback = this.fallback;
		if (fallback == null) {
			fallback = makeFallback();
		}
		fallback.record(value, epoch);
	}

	private synchronized FallbackRecorder.OfDoubles makeFallback() {
		FallbackRecorder.OfDoubles fallback = this.fallback;
		if (fallback == null) {
			fallback = new FallbackRecorder.OfDoubles(window());
			this.fallback = fallback;
		}
		return fallback;
	}

	@Override
	FallbackRecorder.@Nullable OfDoubles fallback() {
		return this.fallback;
	}

	@Override
	public Reading read(int epoch) {
		FallbackRecorder.OfDoubles fallback = this.fallback;
		Sum sum = new Sum();
		if (fallback != null) {
			sum.count = fallback.count();
			sum.total = fallback.total();
			sum.max = fallback.max(epoch);
		}
		readLines(epoch, sum);
		return new Reading(sum.count, sum.total, Double.longBitsToDouble(sum.max));
	}

	private static final class Sum implements LineVisitor {

		private long count;

		private double total;

		private long max;

		@Override
		public void visit(int cpu, LineReader line) {
			this.count += line.count;
			this.total += Double.longBitsToDouble(line.total);
			this.max = Math.max(this.max, line.max);
		}

	}

}
