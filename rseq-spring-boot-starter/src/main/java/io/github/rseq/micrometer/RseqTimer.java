package io.github.rseq.micrometer;

import java.util.concurrent.TimeUnit;

import io.github.rseq.PerCpuRecorder;
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
 * A timer that never starts again, as those of Prometheus. Its parent keeps the
 * client-side percentiles, the recorder all the rest.
 */
final class RseqTimer extends AbstractTimer implements PerCpuMeter {

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
	RseqTimer(Meter.Id id, Clock clock, DistributionStatisticConfig parent, PauseDetector pauseDetector,
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
		return snapshot(false);
	}

	/**
	 * Take a snapshot with an infinite bucket at the end, if there are any, so that the
	 * buckets contain everything.
	 * @return the snapshot, in nanoseconds
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

	/**
	 * The exemplars, with values in nanoseconds.
	 * @return the exemplars
	 */
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
