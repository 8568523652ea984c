package io.github.rseq.micrometer;

import java.util.concurrent.TimeUnit;

import io.github.rseq.PerCpuRecorder;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.Histogram;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.core.instrument.distribution.pause.NoPauseDetector;
import io.micrometer.core.instrument.distribution.pause.PauseDetector;
import io.micrometer.core.instrument.util.TimeUtils;
import io.prometheus.metrics.model.snapshots.Exemplars;
import org.jspecify.annotations.Nullable;

/**
 * A timer that never starts again, as those of Prometheus: what there is to read of it.
 */
interface CumulativeTimer extends Timer, PerCpuMeter {

	/**
	 * A timer.
	 * @param id the timer's name and tags
	 * @param clock the clock to measure with
	 * @param parent what can't be recorded per CPU, as
	 * {@link DistributionRecorder#parentConfig} tells
	 * @param pauseDetector the pause detector
	 * @param baseTimeUnit the unit of time
	 * @param recorder what keeps the rest
	 * @return the timer
	 */
	static CumulativeTimer of(Meter.Id id, Clock clock, DistributionStatisticConfig parent, PauseDetector pauseDetector,
			TimeUnit baseTimeUnit, DistributionRecorder.OfLongs recorder) {
		boolean alone = !parent.isPublishingPercentiles() && !parent.isPublishingHistogram()
				&& pauseDetector instanceof NoPauseDetector;
		return alone ? new RseqTimer(id, clock, baseTimeUnit, recorder)
				: new RseqHybridTimer(id, clock, parent, pauseDetector, baseTimeUnit, recorder);
	}

	/**
	 * What the timer records in.
	 * @return the recorder
	 */
	DistributionRecorder.OfLongs recorder();

	/**
	 * What of a snapshot the recorder does not know.
	 * @return a histogram, which may know nothing
	 */
	Histogram histogram();

	@Override
	default long count() {
		return recorder().read().count();
	}

	@Override
	default double totalTime(TimeUnit unit) {
		return TimeUtils.nanosToUnit(recorder().read().total(), unit);
	}

	@Override
	default double max(TimeUnit unit) {
		return TimeUtils.nanosToUnit(recorder().read().max(), unit);
	}

	/**
	 * Takes a snapshot.
	 * @param infinite whether the buckets, if there are any, have to end with an infinite
	 * one, so that they contain everything
	 * @return the snapshot, in nanoseconds
	 */
	default HistogramSnapshot snapshot(boolean infinite) {
		// One reading for all three, and the buckets after it: see DistributionRecorder.
		PerCpuRecorder.Reading reading = recorder().read();
		return recorder().complete(histogram().takeSnapshot(reading.count(), reading.total(), reading.max()), infinite);
	}

	/**
	 * The exemplars, with values in nanoseconds.
	 * @return the exemplars
	 */
	default Exemplars exemplars() {
		return recorder().exemplars();
	}

	@Override
	default @Nullable String limit() {
		return recorder().limit();
	}

	@Override
	default PerCpuMeterValue perCpuValue() {
		return recorder().value(getId());
	}

}
