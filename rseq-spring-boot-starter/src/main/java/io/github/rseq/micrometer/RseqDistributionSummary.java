package io.github.rseq.micrometer;

import io.micrometer.core.instrument.AbstractMeter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import org.jspecify.annotations.Nullable;

/**
 * A distribution summary that never starts again, as those of Prometheus. It does not
 * extend Micrometer's {@code AbstractDistributionSummary}, which offers each amount to a
 * histogram.
 */
class RseqDistributionSummary extends AbstractMeter implements DistributionSummary, PerCpuMeter {

	private final double scale;

	private final DistributionRecorder.OfDoubles recorder;

	/**
	 * A distribution summary.
	 * @param id the summary's name and tags
	 * @param scale what amounts are multiplied with
	 * @param recorder what keeps all that is recorded
	 */
	RseqDistributionSummary(Meter.Id id, double scale, DistributionRecorder.OfDoubles recorder) {
		super(id);
		this.scale = scale;
		this.recorder = recorder;
	}

	@Override
	public final void record(double amount) {
		if (amount >= 0) {
			this.recorder.record(this.scale * amount);
		}
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
		return this.recorder.snapshot(false);
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
