package io.github.rseq.micrometer;

import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.core.instrument.distribution.TimeWindowMax;
import io.prometheus.metrics.core.exemplars.ExemplarSampler;
import io.prometheus.metrics.model.snapshots.Exemplars;
import org.jspecify.annotations.Nullable;

/**
 * The count, total, maximum, buckets and exemplars of one timer or distribution summary.
 * Everything that a record writes, but for client-side percentiles, it writes here. It
 * records as Micrometer's own meters do, on adders that threads share.
 * <p>
 * Thread-safe. A record counts before it fills a bucket, so that whoever reads the
 * buckets first and the count after finds no more in the buckets than in the count.
 */
abstract class DistributionRecorder {

	private static final CountAtBucket[] NO_BUCKETS = {};

	private final LongAdder count = new LongAdder();

	private final TimeWindowMax max;

	private final @Nullable PrometheusBuckets buckets;

	private final @Nullable ExemplarSampler exemplars;

	DistributionRecorder(Clock clock, DistributionStatisticConfig config, @Nullable PrometheusExemplars exemplars) {
		this.max = new TimeWindowMax(clock, config);
		boolean histogram = config.isPublishingHistogram();
		this.buckets = histogram ? new PrometheusBuckets(clock, config, exemplars) : null;
		this.exemplars = (!histogram && exemplars != null) ? exemplars.sampler() : null;
	}

	long count() {
		return this.count.sum();
	}

	double max() {
		return this.max.poll();
	}

	CountAtBucket[] buckets() {
		return (this.buckets != null) ? this.buckets.counts() : NO_BUCKETS;
	}

	/**
	 * A snapshot of percentiles, with these buckets added where there are any.
	 * @param percentiles the snapshot to complete
	 * @return the complete snapshot
	 */
	HistogramSnapshot withBuckets(HistogramSnapshot percentiles) {
		if (this.buckets == null) {
			return percentiles;
		}
		return new HistogramSnapshot(percentiles.count(), percentiles.total(), percentiles.max(),
				percentiles.percentileValues(), this.buckets.counts(), percentiles::outputSummary);
	}

	Exemplars exemplars() {
		if (this.buckets != null) {
			return this.buckets.exemplars();
		}
		return (this.exemplars != null) ? this.exemplars.collect() : Exemplars.EMPTY;
	}

	/**
	 * What to record of percentiles: nothing of the buckets, which are kept here.
	 * @param config the meter's configuration
	 * @return the configuration without buckets
	 */
	static DistributionStatisticConfig percentilesOnly(DistributionStatisticConfig config) {
		return DistributionStatisticConfig.builder()
			.percentilesHistogram(false)
			.serviceLevelObjectives()
			.build()
			.merge(config);
	}

	/**
	 * Records times, in nanoseconds.
	 */
	static final class OfNanos extends DistributionRecorder {

		private final LongAdder total = new LongAdder();

		OfNanos(Clock clock, DistributionStatisticConfig config, @Nullable PrometheusExemplars exemplars) {
			super(clock, config, exemplars);
		}

		void record(long nanos) {
			super.count.increment();
			this.total.add(nanos);
			super.max.record(nanos);
			if (super.buckets != null) {
				super.buckets.recordLong(nanos);
			}
			else if (super.exemplars != null) {
				super.exemplars.observe(nanos);
			}
		}

		long total() {
			return this.total.sum();
		}

	}

	/**
	 * Records amounts.
	 */
	static final class OfAmounts extends DistributionRecorder {

		private final DoubleAdder total = new DoubleAdder();

		OfAmounts(Clock clock, DistributionStatisticConfig config, @Nullable PrometheusExemplars exemplars) {
			super(clock, config, exemplars);
		}

		void record(double amount) {
			super.count.increment();
			this.total.add(amount);
			super.max.record(amount);
			if (super.buckets != null) {
				super.buckets.recordDouble(amount);
			}
			else if (super.exemplars != null) {
				super.exemplars.observe(amount);
			}
		}

		double total() {
			return this.total.sum();
		}

	}

}
