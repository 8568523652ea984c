package io.github.rseq.micrometer;

import java.time.Duration;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.TimeWindowFixedBoundaryHistogram;
import io.prometheus.metrics.core.exemplars.ExemplarSampler;
import io.prometheus.metrics.model.snapshots.Exemplars;
import org.jspecify.annotations.Nullable;

/**
 * The buckets of a timer or distribution summary, and an exemplar for each. Prometheus
 * wants buckets that only grow, so the time window is made longer than a process lives.
 */
final class PrometheusBuckets extends TimeWindowFixedBoundaryHistogram {

	private static final DistributionStatisticConfig NEVER_EXPIRES = DistributionStatisticConfig.builder()
		.expiry(Duration.ofDays(1825))
		.bufferLength(1)
		.build();

	private final @Nullable ExemplarSampler exemplars;

	PrometheusBuckets(Clock clock, DistributionStatisticConfig config, @Nullable PrometheusExemplars exemplars) {
		super(clock, NEVER_EXPIRES.merge(config), true);
		this.exemplars = (exemplars != null) ? exemplars.sampler(getBuckets()) : null;
	}

	@Override
	public void recordDouble(double value) {
		super.recordDouble(value);
		if (this.exemplars != null) {
			this.exemplars.observe(value);
		}
	}

	@Override
	public void recordLong(long value) {
		super.recordLong(value);
		if (this.exemplars != null) {
			this.exemplars.observe(value);
		}
	}

	CountAtBucket[] counts() {
		return takeSnapshot(0, 0, 0).histogramCounts();
	}

	Exemplars exemplars() {
		return (this.exemplars != null) ? this.exemplars.collect() : Exemplars.EMPTY;
	}

}
