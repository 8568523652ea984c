package io.github.rseq;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/**
 * What recorders record in without rseq: adders, and a maximum for each epoch of the
 * window.
 */
abstract sealed class FallbackRecorder {

	private final LongAdder count = new LongAdder();

	private final AtomicLongArray maxima;

	private volatile int epoch;

	FallbackRecorder(int window) {
		this.maxima = new AtomicLongArray(window);
	}

	final long count() {
		return this.count.sum();
	}

	/**
	 * The bits of the window's maximum.
	 * @param epoch the epoch that it is now
	 * @return the bits, 0 where there is none
	 */
	final long max(int epoch) {
		int latest = this.epoch;
		int behind = Math.max(epoch - latest, 0);
		long max = 0;
		for (int back = 0; behind + back < this.maxima.length(); back++) {
			max = Math.max(max, this.maxima.get(index(latest - back)));
		}
		return max;
	}

	private int index(int epoch) {
		return Math.floorMod(epoch, this.maxima.length());
	}

	final void maximum(long max, int epoch) {
		if (epoch > this.epoch) {
			advance(epoch);
		}
		int index = index(this.epoch);
		long before = this.maxima.get(index);
		while (before < max && !this.maxima.compareAndSet(index, before, max)) {
			before = this.maxima.get(index);
		}
	}

	/**
	 * Counts a value: the last step of recording one, as {@link #count()} is the first of
	 * reading, so that whoever sees a value in the count sees it in the total and the
	 * maximum.
	 */
	final void increment() {
		this.count.increment();
	}

	private synchronized void advance(int epoch) {
		int ahead = epoch - this.epoch;
		for (int i = 1; i <= Math.min(ahead, this.maxima.length()); i++) {
			this.maxima.set(index(this.epoch + i), 0);
		}
		if (ahead > 0) {
			this.epoch = epoch;
		}
	}

	/**
	 * Values of type {@code long}.
	 */
	static final class OfLongs extends FallbackRecorder {

		private final LongAdder total = new LongAdder();

		OfLongs(int window) {
			super(window);
		}

		void record(long value, int epoch) {
			maximum(value, epoch);
			this.total.add(value);
			increment();
		}

		long total() {
			return this.total.sum();
		}

	}

	/**
	 * Values of type {@code double}.
	 */
	static final class OfDoubles extends FallbackRecorder {

		private final DoubleAdder total = new DoubleAdder();

		OfDoubles(int window) {
			super(window);
		}

		void record(double value, int epoch) {
			// The bits of values that are not negative compare as the values do.
			maximum(Double.doubleToRawLongBits(value), epoch);
			this.total.add(value);
			increment();
		}

		double total() {
			return this.total.sum();
		}

	}

}
