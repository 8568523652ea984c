package io.github.rseq.micrometer;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.BiConsumer;

import io.github.rseq.PerCpuLongArray;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import org.jspecify.annotations.Nullable;

/**
 * Buckets that show the values of the last epochs.
 * <p>
 * There is one array of cells, a generation, for each epoch of the window and one more.
 * Cells only grow, since no thread can clear a cell while another CPU adds to it. So when
 * an epoch begins, the sums of its generation, which was last written a whole epoch ago
 * or earlier, are put down as a baseline, and readers subtract it. It begins with
 * whoever, recording or reading, is the first to notice. A thread that read the epoch and
 * then did not run for the time of a window and an epoch counts in a later epoch, or in
 * none.
 */
final class WindowBuckets extends Buckets {

	private final EpochSource epochs;

	private final @Nullable PerCpuLongArray[] generations;

	private final long[][] baselines;

	private volatile int epoch;

	private volatile PerCpuLongArray current;

	/**
	 * Buckets that have seen no value.
	 * @param bounds their bounds
	 * @param epochs the epochs
	 * @param window how many epochs a window has
	 */
	WindowBuckets(BucketBounds bounds, EpochSource epochs, int window) {
		super(bounds);
		this.epochs = epochs;
		this.generations = new @Nullable PerCpuLongArray[window + 1];
		this.baselines = new long[window + 1][];
		this.epoch = epochs.now();
		this.current = begin(this.epoch);
	}

	@Override
	PerCpuLongArray cells() {
		int epoch = this.epochs.epoch();
		if (epoch != this.epoch) {
			advance(epoch);
		}
		return this.current;
	}

	private synchronized void advance(int epoch) {
		int behind = epoch - this.epoch;
		if (behind > 0) {
			for (int back = Math.min(behind, this.generations.length) - 1; back >= 0; back--) {
				// Before the epoch: who sees the new one has to see its cells too.
				this.current = begin(epoch - back);
			}
			this.epoch = epoch;
		}
	}

	private PerCpuLongArray begin(int epoch) {
		int index = Math.floorMod(epoch, this.generations.length);
		PerCpuLongArray generation = this.generations[index];
		if (generation == null) {
			generation = newCells();
			this.generations[index] = generation;
			this.baselines[index] = new long[generation.length()];
		}
		else {
			this.baselines[index] = generation.sums();
		}
		return generation;
	}

	@Override
	long[] sums() {
		int epoch = this.epochs.now();
		if (epoch != this.epoch) {
			advance(epoch);
		}
		return windowSums();
	}

	private synchronized long[] windowSums() {
		long[] sums = new long[bounds().size() + 1];
		int oldest = Math.floorMod(this.epoch + 1, this.generations.length);
		for (int index = 0; index < this.generations.length; index++) {
			PerCpuLongArray generation = this.generations[index];
			if (generation != null && index != oldest) {
				long[] generationSums = generation.sums();
				for (int i = 0; i < sums.length; i++) {
					sums[i] += generationSums[i] - this.baselines[index][i];
				}
			}
		}
		return sums;
	}

	@Override
	BiConsumer<PrintStream, Double> summary(HistogramSnapshot percentiles) {
		return this::print;
	}

	// What Micrometer prints: a table of what is in each bucket alone, at this moment.
	private void print(PrintStream out, double scale) {
		out.format("%14s %10s\n\n", "Bucket", "TotalCount");
		long[] sums = windowSums();
		for (int i = 0; i < bounds().size(); i++) {
			out.format(Locale.US, "%14.1f %10d\n", bounds().get(i) / scale, sums[i]);
		}
		out.write('\n');
	}

}
