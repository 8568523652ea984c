package io.github.rseq.micrometer;

import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.AbstractTimer;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.Histogram;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.core.instrument.distribution.pause.PauseDetector;

/**
 * A cumulative timer whose parent does what can't be done per CPU: client-side
 * percentiles where {@link Percentiles#limit} tells so, and making up for pauses. The
 * recorder keeps all the rest.
 */
final class RseqHybridTimer extends AbstractTimer implements CumulativeTimer {

	private final DistributionRecorder.OfLongs recorder;

	/**
	 * A timer.
	 * @param id the timer's name and tags
	 * @param clock the clock to measure with
	 * @param parent what the parent keeps
	 * @param pauseDetector the pause detector
	 * @param baseTimeUnit the unit of time
	 * @param recorder what keeps the rest
	 */
	RseqHybridTimer(Meter.Id id, Clock clock, DistributionStatisticConfig parent, PauseDetector pauseDetector,
			TimeUnit baseTimeUnit, DistributionRecorder.OfLongs recorder) {
		super(id, clock, parent, pauseDetector, baseTimeUnit, false);
		this.recorder = recorder;
	}

	@Override
	protected void recordNonNegative(long amount, TimeUnit unit) {
		this.recorder.record(amount, unit);
	}

	@Override
	public long count() {
		return CumulativeTimer.super.count();
	}

	@Override
	public HistogramSnapshot takeSnapshot() {
		return snapshot(false);
	}

	@Override
	public DistributionRecorder.OfLongs recorder() {
		return this.recorder;
	}

	@Override
	public Histogram histogram() {
		return this.histogram;
	}

}
