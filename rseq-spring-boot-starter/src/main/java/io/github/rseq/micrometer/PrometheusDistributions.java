package io.github.rseq.micrometer;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.ValueAtPercentile;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.Quantile;
import io.prometheus.metrics.model.snapshots.Quantiles;

/**
 * Micrometer's buckets and percentiles in the client's terms.
 */
final class PrometheusDistributions {

	private PrometheusDistributions() {
	}

	/**
	 * Buckets that each count their own, of buckets that each count all below them too.
	 * Where the last one is finite, an infinite one takes what is above it.
	 * @param cumulative the buckets, at least one
	 * @param count how many there are above and below
	 * @param bound how to read a bucket's upper bound
	 * @return the buckets
	 */
	static ClassicHistogramBuckets buckets(CountAtBucket[] cumulative, long count,
			ToDoubleFunction<CountAtBucket> bound) {
		List<Double> bounds = new ArrayList<>(cumulative.length + 1);
		List<Double> counts = new ArrayList<>(cumulative.length + 1);
		double below = 0;
		for (CountAtBucket bucket : cumulative) {
			bounds.add(bound.applyAsDouble(bucket));
			counts.add(bucket.count() - below);
			below = bucket.count();
		}
		if (Double.isFinite(cumulative[cumulative.length - 1].bucket())) {
			bounds.add(Double.POSITIVE_INFINITY);
			// A record that came between the two readings must not make it negative.
			counts.add(Math.max(0, count - below));
		}
		return ClassicHistogramBuckets.of(bounds, counts);
	}

	static Quantiles quantiles(ValueAtPercentile[] percentiles, ToDoubleFunction<ValueAtPercentile> value) {
		if (percentiles.length == 0) {
			return Quantiles.EMPTY;
		}
		List<Quantile> quantiles = new ArrayList<>(percentiles.length);
		for (ValueAtPercentile percentile : percentiles) {
			quantiles.add(new Quantile(percentile.percentile(), value.applyAsDouble(percentile)));
		}
		return Quantiles.of(quantiles);
	}

}
