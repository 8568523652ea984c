package io.github.rseq.micrometer;

import io.github.rseq.PerCpuRecorder;
import io.micrometer.core.instrument.AbstractDistributionSummary;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Exemplars;
import org.jspecify.annotations.Nullable;

/**
 * A distribution summary that never starts again, as those of Prometheus. Its parent
 * keeps client-side percentiles where they can't be counted per CPU, the recorder all the
 * rest.
 */
class RseqDistributionSummary extends AbstractDistributionSummary implements PerCpuMeter {

	private final DistributionRecorder.OfDoubles recorder;

	/**
	 * A distribution summary.
	 * @param id the summary's name and tags
	 * @param clock the clock that time windows go by
	 * @param parent what the parent keeps
	 * @param scale what amounts are multiplied with
	 * @param recorder what keeps the rest
	 */
	RseqDistributionSummary(Meter.Id id, Clock clock, DistributionStatisticConfig parent, double scale,
			DistributionRecorder.OfDoubles recorder) {
		super(id, clock, parent, scale, false);
		this.recorder = recorder;
	}

	@Override
	protected void recordNonNegative(double amount) {
		this.recorder.record(amount);
	}

	@Override
	public long count() {
		return this.recorder.read().count();
	}

	@Override
	public double totalAmount() {
		return this.recorder.read().total();
	}

	@Override
	public double max() {
		return this.recorder.read().max();
	}

	@Override
	public HistogramSnapshot takeSnapshot() {
		return snapshot(false);
	}

	/**
	 * Take a snapshot with an infinite bucket at the end, if there are any, so that the
	 * buckets contain everything.
	 * @return the snapshot
	 */
	HistogramSnapshot takeCompleteSnapshot() {
		return snapshot(true);
	}

	private HistogramSnapshot snapshot(boolean infinite) {
		// One reading for all three, and the buckets after it: see DistributionRecorder.
		PerCpuRecorder.Reading reading = this.recorder.read();
		return this.recorder.complete(this.histogram.takeSnapshot(reading.count(), reading.total(), reading.max()),
				infinite);
	}

	Exemplars exemplars() {
		return this.recorder.exemplars();
	}

	@Override
	public @Nullable String limit() {
		return this.recorder.limit();
	}

	@Override
	public PerCpuMeterValue perCpuValue() {
		return this.recorder.value(getId());
	}

}
