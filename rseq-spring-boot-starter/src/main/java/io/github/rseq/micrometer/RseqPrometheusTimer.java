package io.github.rseq.micrometer;

import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.AbstractTimer;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.core.instrument.distribution.pause.PauseDetector;
import io.micrometer.core.instrument.util.TimeUtils;
import io.prometheus.metrics.model.snapshots.Exemplars;
import org.jspecify.annotations.Nullable;

/**
 * A timer for Prometheus. Its parent keeps the client-side percentiles, the recorder all
 * the rest.
 */
final class RseqPrometheusTimer extends AbstractTimer {

	private final DistributionRecorder.OfNanos recorder;

	RseqPrometheusTimer(Meter.Id id, Clock clock, DistributionStatisticConfig config, PauseDetector pauseDetector,
			@Nullable PrometheusExemplars exemplars) {
		super(id, clock, DistributionRecorder.percentilesOnly(config), pauseDetector, TimeUnit.SECONDS, false);
		this.recorder = new DistributionRecorder.OfNanos(clock, config, exemplars);
	}

	@Override
	protected void recordNonNegative(long amount, TimeUnit unit) {
		this.recorder.record(unit.toNanos(amount));
	}

	@Override
	public long count() {
		return this.recorder.count();
	}

	@Override
	public double totalTime(TimeUnit unit) {
		return TimeUtils.nanosToUnit(this.recorder.total(), unit);
	}

	@Override
	public double max(TimeUnit unit) {
		return TimeUtils.nanosToUnit(this.recorder.max(), unit);
	}

	@Override
	public HistogramSnapshot takeSnapshot() {
		return this.recorder.withBuckets(super.takeSnapshot());
	}

	/**
	 * The exemplars, with values in nanoseconds.
	 * @return the exemplars
	 */
	Exemplars exemplars() {
		return this.recorder.exemplars();
	}

}
