package io.github.rseq.micrometer;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import io.micrometer.core.instrument.AbstractMeter;
import io.micrometer.core.instrument.AbstractTimer;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.core.instrument.distribution.pause.NoPauseDetector;
import io.micrometer.core.instrument.distribution.pause.PauseDetector;
import io.micrometer.core.instrument.util.TimeUtils;
import org.jspecify.annotations.Nullable;

/**
 * A timer that never starts again, as those of Prometheus. It does not extend
 * Micrometer's {@link AbstractTimer}, which offers each record to a histogram and to an
 * estimator of pauses; a timer with the latter is a {@link RseqPauseTimer}.
 */
final class RseqTimer extends AbstractMeter implements Timer, PerCpuMeter {

	/**
	 * Made with the class, so that it does not fail for want of a stack later.
	 */
	private static final Timer NEGATIVE = new Negative();

	private final Clock clock;

	private final TimeUnit baseTimeUnit;

	private final DistributionRecorder.OfLongs recorder;

	/**
	 * A timer of one of the two kinds.
	 * @param id the timer's name and tags
	 * @param clock the clock to measure with
	 * @param pauseDetector the pause detector
	 * @param baseTimeUnit the unit of time
	 * @param recorder what keeps all that is recorded
	 * @return the timer
	 */
	static Timer of(Meter.Id id, Clock clock, PauseDetector pauseDetector, TimeUnit baseTimeUnit,
			DistributionRecorder.OfLongs recorder) {
		return (pauseDetector instanceof NoPauseDetector) ? new RseqTimer(id, clock, baseTimeUnit, recorder)
				: new RseqPauseTimer(id, clock, pauseDetector, baseTimeUnit, recorder);
	}

	/**
	 * A timer.
	 * @param id the timer's name and tags
	 * @param clock the clock to measure with
	 * @param baseTimeUnit the unit of time
	 * @param recorder what keeps all that is recorded
	 */
	RseqTimer(Meter.Id id, Clock clock, TimeUnit baseTimeUnit, DistributionRecorder.OfLongs recorder) {
		super(id);
		this.clock = clock;
		this.baseTimeUnit = baseTimeUnit;
		this.recorder = recorder;
	}

	@Override
	public void record(long amount, TimeUnit unit) {
		if (amount >= 0) {
			this.recorder.record(amount, unit);
		}
		else {
			NEGATIVE.record(amount, unit);
		}
	}

	@Override
	public <T extends @Nullable Object> T record(Supplier<T> f) {
		long start = this.clock.monotonicTime();
		try {
			return f.get();
		}
		finally {
			recordSince(start);
		}
	}

	@Override
	public boolean record(BooleanSupplier f) {
		long start = this.clock.monotonicTime();
		try {
			return f.getAsBoolean();
		}
		finally {
			recordSince(start);
		}
	}

	@Override
	public int record(IntSupplier f) {
		long start = this.clock.monotonicTime();
		try {
			return f.getAsInt();
		}
		finally {
			recordSince(start);
		}
	}

	@Override
	public long record(LongSupplier f) {
		long start = this.clock.monotonicTime();
		try {
			return f.getAsLong();
		}
		finally {
			recordSince(start);
		}
	}

	@Override
	public double record(DoubleSupplier f) {
		long start = this.clock.monotonicTime();
		try {
			return f.getAsDouble();
		}
		finally {
			recordSince(start);
		}
	}

	@Override
	public <T extends @Nullable Object> T recordCallable(Callable<T> f) throws Exception {
		long start = this.clock.monotonicTime();
		try {
			return f.call();
		}
		finally {
			recordSince(start);
		}
	}

	@Override
	public void record(Runnable f) {
		long start = this.clock.monotonicTime();
		try {
			f.run();
		}
		finally {
			recordSince(start);
		}
	}

	private void recordSince(long start) {
		record(this.clock.monotonicTime() - start, TimeUnit.NANOSECONDS);
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
	public TimeUnit baseTimeUnit() {
		return this.baseTimeUnit;
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
	 * One of Micrometer's timers that tells of negative amounts, as it does for all of
	 * its own: once as a warning.
	 */
	private static final class Negative extends AbstractTimer {

		private Negative() {
			super(new Meter.Id("negative", Tags.empty(), null, null, Meter.Type.TIMER), Clock.SYSTEM,
					DistributionStatisticConfig.NONE, NoPauseDetector.INSTANCE, TimeUnit.NANOSECONDS, false);
		}

		@Override
		protected void recordNonNegative(long amount, TimeUnit unit) {
			throw new IllegalArgumentException("'amount' must be negative");
		}

		@Override
		public long count() {
			return 0;
		}

		@Override
		public double totalTime(TimeUnit unit) {
			return 0;
		}

		@Override
		public double max(TimeUnit unit) {
			return 0;
		}

	}

}
