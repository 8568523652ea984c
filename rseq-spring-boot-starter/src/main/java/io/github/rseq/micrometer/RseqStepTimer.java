package io.github.rseq.micrometer;

import java.util.concurrent.TimeUnit;

import io.github.rseq.PerCpuLongRecorder;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.core.instrument.distribution.pause.PauseDetector;
import io.micrometer.core.instrument.step.StepTimer;
import io.micrometer.core.instrument.util.TimeUtils;
import org.jspecify.annotations.Nullable;

/**
 * A timer that exports what was recorded in the last step. It extends Micrometer's, so
 * that whoever rolls step meters over finds it, but records nothing there, except for
 * client-side percentiles.
 */
final class RseqStepTimer extends StepTimer implements PerCpuMeter {

	private final DistributionRecorder.OfLongs recorder;

	private final StepTotals<Long> totals;

	/**
	 * A timer.
	 * @param id the timer's name and tags
	 * @param clock the clock to measure with, and that steps go by
	 * @param parent what the parent keeps
	 * @param pauseDetector the pause detector
	 * @param baseTimeUnit the unit of time
	 * @param stepMillis the length of a step in milliseconds
	 * @param recorder what keeps the rest
	 */
	RseqStepTimer(Meter.Id id, Clock clock, DistributionStatisticConfig parent, PauseDetector pauseDetector,
			TimeUnit baseTimeUnit, long stepMillis, DistributionRecorder.OfLongs recorder) {
		super(id, clock, parent, pauseDetector, baseTimeUnit, stepMillis, false);
		this.recorder = recorder;
		Drain drain = new Drain(recorder.recorder());
		this.totals = new StepTotals<>(clock, stepMillis, 0L, drain::count, drain::total);
	}

	@Override
	protected void recordNonNegative(long amount, TimeUnit unit) {
		this.recorder.record(amount, unit);
	}

	@Override
	public long count() {
		return this.totals.poll1();
	}

	@Override
	public double totalTime(TimeUnit unit) {
		return TimeUtils.nanosToUnit(this.totals.poll2(), unit);
	}

	@Override
	public double max(TimeUnit unit) {
		return TimeUtils.nanosToUnit(this.recorder.read().max(), unit);
	}

	@Override
	public HistogramSnapshot takeSnapshot() {
		return this.recorder.complete(super.takeSnapshot(), false);
	}

	@Override
	public void _closingRollover() {
		this.totals._closingRollover();
	}

	@Override
	public @Nullable String limit() {
		return this.recorder.limit();
	}

	@Override
	public PerCpuMeterValue perCpuValue() {
		return this.recorder.value(getId());
	}

	/**
	 * What was recorded since it was drained last. The recorder's values only grow, so a
	 * step's are the differences to the last one's, which are exact.
	 */
	static final class Drain {

		private final PerCpuLongRecorder recorder;

		private long countDrained;

		private long totalDrained;

		// The total of the values that were counted last, to be drained after the count.
		private long totalCounted;

		Drain(PerCpuLongRecorder recorder) {
			this.recorder = recorder;
		}

		// One at a time, since a slow poll of one step may meet the next step's.
		synchronized long count() {
			// The epoch does not matter: nobody asks for the maximum.
			PerCpuLongRecorder.LongReading reading = this.recorder.readLongs(0);
			long step = reading.count() - this.countDrained;
			this.countDrained = reading.count();
			this.totalCounted = reading.total();
			return step;
		}

		synchronized long total() {
			long step = this.totalCounted - this.totalDrained;
			this.totalDrained = this.totalCounted;
			return step;
		}

	}

}
