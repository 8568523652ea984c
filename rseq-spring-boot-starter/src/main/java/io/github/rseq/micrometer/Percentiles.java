package io.github.rseq.micrometer;

import java.util.NavigableSet;
import java.util.Objects;

import io.github.rseq.PerCpuLongArray;
import io.github.rseq.Rseq;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import org.jspecify.annotations.Nullable;

/**
 * The client-side percentiles of one timer or distribution summary, counted per CPU, and
 * the service level objectives that Micrometer takes from the same histogram.
 * <p>
 * Thread-safe.
 */
final class Percentiles {

	private final PercentileBuckets buckets;

	private final EpochSource epochs;

	private final double[] percentiles;

	private final double[] objectives;

	private Percentiles(DistributionStatisticConfig config, EpochSource epochs, boolean objectives) {
		this.buckets = new PercentileBuckets(precision(config), EpochSources.window(config), epochs.now());
		this.epochs = epochs;
		this.percentiles = Objects.requireNonNull(config.getPercentiles()).clone();
		this.objectives = objectives ? objectives(config) : new double[0];
	}

	private static double[] objectives(DistributionStatisticConfig config) {
		NavigableSet<Double> bounds = config.getHistogramBuckets(false);
		return bounds.stream().mapToDouble(Double::doubleValue).toArray();
	}

	private static int precision(DistributionStatisticConfig config) {
		Integer precision = config.getPercentilePrecision();
		return (precision != null) ? precision : 1;
	}

	/**
	 * The percentiles of a meter.
	 * @param config the meter's configuration
	 * @param epochs where its epochs come from
	 * @param objectives whether the objectives are wanted from here
	 * @return the percentiles, or {@code null} where the meter publishes none or they
	 * can't be counted per CPU
	 */
	static @Nullable Percentiles of(DistributionStatisticConfig config, EpochSources epochs, boolean objectives) {
		if (!config.isPublishingPercentiles() || limit(config) != null) {
			return null;
		}
		return new Percentiles(config, epochs.ofBuckets(config), objectives);
	}

	/**
	 * Why the percentiles of a meter are Micrometer's own.
	 * @param config the meter's configuration
	 * @return a clause, or {@code null} where they are not, or there are none
	 */
	static @Nullable String limit(DistributionStatisticConfig config) {
		return config.isPublishingPercentiles() ? PercentileBuckets.unsupported(precision(config),
				EpochSources.window(config), Rseq.status().cpus().possible()) : null;
	}

	int key(double value) {
		return this.buckets.key(value);
	}

	PerCpuLongArray cells(int key) {
		return this.buckets.bucketsOf(key);
	}

	int indexOf(int key) {
		return this.buckets.indexOf(key, this.epochs.epoch());
	}

	/**
	 * Completes a snapshot.
	 * @param snapshot a snapshot without percentiles
	 * @return one with them, and the objectives if they are wanted from here
	 */
	HistogramSnapshot complete(HistogramSnapshot snapshot) {
		PercentileSnapshot values = this.buckets.snapshot(this.epochs.now());
		CountAtBucket[] counts = new CountAtBucket[this.objectives.length];
		for (int i = 0; i < counts.length; i++) {
			counts[i] = new CountAtBucket(this.objectives[i], values.countAtBucket(this.objectives[i]));
		}
		return new HistogramSnapshot(snapshot.count(), snapshot.total(), snapshot.max(),
				values.valuesAt(this.percentiles), counts, values::outputSummary);
	}

}
