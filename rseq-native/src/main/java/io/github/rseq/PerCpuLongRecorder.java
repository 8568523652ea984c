package io.github.rseq;

import java.lang.ref.Reference;

import io.github.rseq.binding.Recording;
import org.jspecify.annotations.Nullable;

/**
 * A {@link PerCpuRecorder} of values of type {@code long}, such as times in nanoseconds.
 * A total that exceeds {@code long} wraps around; it is read as a {@code double}.
 * <p>
 * Thread-safe.
 */
public final class PerCpuLongRecorder extends PerCpuRecorder {

	private volatile FallbackRecorder.@Nullable OfLongs fallback;

	/**
	 * Makes a recorder that has recorded nothing. Never fails for want of rseq or of
	 * memory outside the heap.
	 * @param window how many epochs the maximum is taken of, at least 1
	 */
	public PerCpuLongRecorder(int window) {
		super(window);
	}

	/**
	 * Records a value.
	 * @param value the value, not negative
	 * @param epoch the epoch that it is now, from 0
	 */
	public void record(long value, int epoch) {
		long slot = line();
		if (slot == 0 || !Recording.recordLong(slot, value, sectionEpoch(epoch))) {
			recordInJava(value, epoch);
		}
		// The slot is used again once this object is unreachable: not before that.
		Reference.reachabilityFence(this);
	}

	/**
	 * Records a value and adds 1 to a bucket, in one native call. Each is exactly once;
	 * the bucket comes first.
	 * @param value the value, not negative
	 * @param epoch the epoch that it is now, from 0
	 * @param buckets the buckets
	 * @param index the bucket's index
	 */
	public void record(long value, int epoch, PerCpuLongArray buckets, int index) {
		long bucket = buckets.cell(index);
		long slot = line();
		if (bucket == 0 || slot == 0) {
			buckets.add(index, 1);
			record(value, epoch);
		}
		else if (!Recording.recordLong(slot, value, sectionEpoch(epoch), bucket, 0)) {
			recordInJava(value, epoch);
		}
		Reference.reachabilityFence(buckets);
		Reference.reachabilityFence(this);
	}

	/**
	 * Records a value and adds 1 to two buckets, in one native call. Each is exactly
	 * once; the buckets come first.
	 * @param value the value, not negative
	 * @param epoch the epoch that it is now, from 0
	 * @param buckets the first buckets
	 * @param index the bucket's index
	 * @param buckets2 the second buckets
	 * @param index2 the bucket's index
	 */
	public void record(long value, int epoch, PerCpuLongArray buckets, int index, PerCpuLongArray buckets2,
			int index2) {
		long bucket = buckets.cell(index);
		long bucket2 = buckets2.cell(index2);
		long slot = line();
		if (bucket == 0 || bucket2 == 0 || slot == 0) {
			buckets2.add(index2, 1);
			record(value, epoch, buckets, index);
		}
		else if (!Recording.recordLong(slot, value, sectionEpoch(epoch), bucket, bucket2)) {
			recordInJava(value, epoch);
		}
		Reference.reachabilityFence(buckets);
		Reference.reachabilityFence(buckets2);
		Reference.reachabilityFence(this);
	}

	private void recordInJava(long value, int epoch) {
		FallbackRecorder.OfLongs fallback = this.fallback;
		if (fallback == null) {
			fallback = makeFallback();
		}
		fallback.record(value, epoch);
	}

	private synchronized FallbackRecorder.OfLongs makeFallback() {
		FallbackRecorder.OfLongs fallback = this.fallback;
		if (fallback == null) {
			fallback = new FallbackRecorder.OfLongs(window());
			this.fallback = fallback;
		}
		return fallback;
	}

	@Override
	FallbackRecorder.@Nullable OfLongs fallback() {
		return this.fallback;
	}

	@Override
	public Reading read(int epoch) {
		LongReading reading = readLongs(epoch);
		return new Reading(reading.count(), reading.total(), reading.max());
	}

	/**
	 * What was recorded so far, as {@link #read(int)} tells it, with a total and a
	 * maximum that are not rounded: differences of two totals are exact, even where one
	 * has wrapped around.
	 * @param epoch the epoch that it is now, from 0
	 * @return the count and total of all, and the maximum of this epoch and the
	 * {@link #window()} - 1 before it
	 */
	public LongReading readLongs(int epoch) {
		FallbackRecorder.OfLongs fallback = this.fallback;
		Sum sum = new Sum();
		if (fallback != null) {
			sum.count = fallback.count();
			sum.total = fallback.total();
			sum.max = fallback.max(epoch);
		}
		readLines(epoch, sum);
		return new LongReading(sum.count, sum.total, sum.max);
	}

	/**
	 * What was recorded.
	 *
	 * @param count how many values
	 * @param total their sum, modulo 2<sup>64</sup>
	 * @param max the largest value of the window, 0 where there is none
	 */
	public record LongReading(long count, long total, long max) {
	}

	private static final class Sum implements LineVisitor {

		private long count;

		private long total;

		private long max;

		@Override
		public void visit(int cpu, LineReader line) {
			this.count += line.count;
			this.total += line.total;
			this.max = Math.max(this.max, line.max);
		}

	}

}
