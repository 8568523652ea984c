package io.github.rseq.micrometer;

import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

import io.github.rseq.PerCpuLongRecorder;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.core.instrument.distribution.TimeWindowMax;
import io.micrometer.core.instrument.step.StepDistributionSummary;
import org.jspecify.annotations.Nullable;

/**
 * A distribution summary that exports what was recorded in the last step. It extends
 * Micrometer's, so that whoever rolls step meters over finds it, but records nothing
 * there, except for client-side percentiles.
 * <p>
 * Whole amounts, such as bytes, are recorded per CPU, as {@code long}: their total, which
 * only grows, has exact differences from step to step. The difference of two rounded sums
 * of fractions would lose what is small beside the sum, and after an infinite amount
 * there would be none. So all other amounts go where Micrometer's go: to adders that can
 * be drained.
 */
final class RseqStepDistributionSummary extends StepDistributionSummary implements PerCpuMeter {

	/**
	 * The largest whole amount that is recorded per CPU. One step then takes at least
	 * 2^31 of them before its total overflows.
	 */
	private static final long MAX_WHOLE = 1L << 32;

	private final DistributionRecorder.OfLongs recorder;

	private final Others others;

	private final StepTotals<Double> totals;

	/**
	 * A distribution summary.
	 * @param id the summary's name and tags
	 * @param clock the clock that steps and time windows go by
	 * @param config the meter's configuration
	 * @param parent what the parent keeps
	 * @param scale what amounts are multiplied with
	 * @param stepMillis the length of a step in milliseconds
	 * @param recorder what keeps whole amounts
	 */
	RseqStepDistributionSummary(Meter.Id id, Clock clock, DistributionStatisticConfig config,
			DistributionStatisticConfig parent, double scale, long stepMillis, DistributionRecorder.OfLongs recorder) {
		super(id, clock, parent, scale, stepMillis, false);
		this.recorder = recorder;
		this.others = new Others(clock, config, recorder.recorder());
		this.totals = new StepTotals<>(clock, stepMillis, 0.0, this.others::drainCount, this.others::drainTotal);
	}

	@Override
	protected void recordNonNegative(double amount) {
		long whole = (long) amount;
		if (whole == amount && whole >= 0 && whole <= MAX_WHOLE) {
			this.recorder.record(whole);
		}
		else {
			recordOther(amount);
		}
	}

	private void recordOther(double amount) {
		this.recorder.fillBuckets(amount);
		this.others.record(amount);
	}

	@Override
	public long count() {
		return this.totals.poll1();
	}

	@Override
	public double totalAmount() {
		return this.totals.poll2();
	}

	@Override
	public double max() {
		return Math.max(this.recorder.read().max(), this.others.max.poll());
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
		PerCpuMeterValue value = this.recorder.value(getId());
		return PerCpuMeterValue.of(getId(), value.perCpu(), value.fallback() + this.others.countSoFar());
	}

	/**
	 * The other amounts, and what is drained of them and the whole ones together.
	 */
	private static final class Others {

		private final LongAdder count = new LongAdder();

		private final DoubleAdder total = new DoubleAdder();

		private final TimeWindowMax max;

		private final RseqStepTimer.Drain whole;

		private long countDrained;

		Others(Clock clock, DistributionStatisticConfig config, PerCpuLongRecorder whole) {
			this.max = new TimeWindowMax(clock, config);
			this.whole = new RseqStepTimer.Drain(whole);
		}

		void record(double amount) {
			this.count.increment();
			this.total.add(amount);
			this.max.record(amount);
		}

		synchronized long drainCount() {
			long step = this.count.sumThenReset();
			this.countDrained += step;
			return step + this.whole.count();
		}

		synchronized double drainTotal() {
			return this.whole.total() + this.total.sumThenReset();
		}

		synchronized long countSoFar() {
			return this.countDrained + this.count.sum();
		}

	}

}
