package io.github.rseq.micrometer;

import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.AbstractTimer;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.core.instrument.distribution.pause.PauseDetector;
import io.micrometer.core.instrument.util.TimeUtils;
import org.jspecify.annotations.Nullable;

/**
 * A {@link RseqTimer} for which its parent, one of Micrometer's timers, makes up for
 * pauses: it records, by way of this timer, what they hid.
 */
final class RseqPauseTimer extends AbstractTimer implements PerCpuMeter {

	private final DistributionRecorder.OfLongs recorder;

	/**
	 * A timer.
	 * @param id the timer's name and tags
	 * @param clock the clock to measure with
	 * @param pauseDetector the pause detector
	 * @param baseTimeUnit the unit of time
	 * @param recorder what keeps all that is recorded
	 */
	RseqPauseTimer(Meter.Id id, Clock clock, PauseDetector pauseDetector, TimeUnit baseTimeUnit,
			DistributionRecorder.OfLongs recorder) {
		super(id, clock, DistributionStatisticConfig.NONE, pauseDetector, baseTimeUnit, false);
		this.recorder = recorder;
	}

	@Override
	protected void recordNonNegative(long amount, TimeUnit unit) {
		this.recorder.record(amount, unit);
	}

	@Override
	public long count() {
		return this.recorder.read().count();
	}

	@Override
	public double totalTime(TimeUnit unit) {
		return TimeUtils.nanosToUnit(this.recorder.read().total(), unit);
	}

	@Override
	public double max(TimeUnit unit) {
		return TimeUtils.nanosToUnit(this.recorder.read().max(), unit);
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
