package io.github.rseq.micrometer;

import java.io.PrintStream;
import java.util.function.BiConsumer;

import io.github.rseq.PerCpuLongArray;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;

/**
 * Buckets that only grow, as Prometheus wants them.
 */
final class CumulativeBuckets extends Buckets {

	private final PerCpuLongArray cells;

	CumulativeBuckets(BucketBounds bounds) {
		super(bounds);
		this.cells = newCells();
	}

	@Override
	PerCpuLongArray cells() {
		return this.cells;
	}

	@Override
	long[] sums() {
		return this.cells.sums();
	}

	@Override
	BiConsumer<PrintStream, Double> summary(HistogramSnapshot percentiles) {
		return percentiles::outputSummary;
	}

}
