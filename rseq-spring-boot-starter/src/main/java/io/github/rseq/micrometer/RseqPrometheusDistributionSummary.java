package io.github.rseq.micrometer;

import io.micrometer.core.instrument.AbstractDistributionSummary;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Exemplars;
import org.jspecify.annotations.Nullable;

/**
 * A distribution summary for Prometheus. Its parent keeps the client-side percentiles,
 * the recorder all the rest.
 */
final class RseqPrometheusDistributionSummary extends AbstractDistributionSummary {

	private final DistributionRecorder.OfAmounts recorder;

	RseqPrometheusDistributionSummary(Meter.Id id, Clock clock, DistributionStatisticConfig config, double scale,
			@Nullable PrometheusExemplars exemplars) {
		super(id, clock, DistributionRecorder.percentilesOnly(config), scale, false);
		this.recorder = new DistributionRecorder.OfAmounts(clock, config, exemplars);
	}

	@Override
	protected void recordNonNegative(double amount) {
		this.recorder.record(amount);
	}

	@Override
	public long count() {
		return this.recorder.count();
	}

	@Override
	public double totalAmount() {
		return this.recorder.total();
	}

	@Override
	public double max() {
		return this.recorder.max();
	}

	@Override
	public HistogramSnapshot takeSnapshot() {
		return this.recorder.withBuckets(super.takeSnapshot());
	}

	CountAtBucket[] buckets() {
		return this.recorder.buckets();
	}

	Exemplars exemplars() {
		return this.recorder.exemplars();
	}

}
