package io.github.rseq.micrometer;

import java.util.concurrent.atomic.DoubleAdder;
import java.util.function.Supplier;

import io.github.rseq.PerCpuLongAdder;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.step.StepCounter;
import io.micrometer.core.instrument.step.StepValue;

/**
 * A counter that exports what was counted in the last step. It extends Micrometer's, so
 * that whoever rolls step meters over finds it.
 */
final class RseqStepCounter extends StepCounter implements PerCpuMeter {

	private final StepCells cells;

	RseqStepCounter(Meter.Id id, Clock clock, long stepMillis) {
		super(id, clock, stepMillis);
		this.cells = new StepCells(clock, stepMillis);
	}

	@Override
	public void increment() {
		this.cells.whole.increment();
	}

	@Override
	public void increment(double amount) {
		if (CounterCells.isWhole(amount)) {
			this.cells.whole.add((long) amount);
		}
		else {
			this.cells.other.add(amount);
		}
	}

	@Override
	public double count() {
		return this.cells.poll();
	}

	@Override
	public void _closingRollover() {
		this.cells._closingRollover();
	}

	@Override
	public PerCpuMeterValue perCpuValue() {
		return this.cells.value(getId());
	}

	/**
	 * What is counted in the current step. The per-CPU cells only grow, since no thread
	 * can clear a cell while another CPU adds to it, and so the step's count is the
	 * difference to the last one's sum. That is exact for whole amounts. It would not be
	 * for others: the difference of two rounded sums loses what is small beside the sum,
	 * and after a NaN it is NaN for good. They are rare, so they stay on an adder that
	 * can be drained.
	 */
	private static final class StepCells extends StepValue<Double> {

		private final PerCpuLongAdder whole = new PerCpuLongAdder();

		private final DoubleAdder other = new DoubleAdder();

		private long wholeDrained;

		private double otherDrained;

		StepCells(Clock clock, long stepMillis) {
			super(clock, stepMillis);
		}

		@Override
		protected Supplier<Double> valueSupplier() {
			return this::drain;
		}

		@Override
		protected Double noValue() {
			return 0.0;
		}

		// One at a time, since a slow poll of one step may meet the next step's.
		private synchronized Double drain() {
			long sum = this.whole.sum();
			long wholeStep = sum - this.wholeDrained;
			double otherStep = this.other.sumThenReset();
			this.wholeDrained = sum;
			this.otherDrained += otherStep;
			return wholeStep + otherStep;
		}

		@Override
		protected void _closingRollover() {
			super._closingRollover();
		}

		synchronized PerCpuMeterValue value(Meter.Id id) {
			return PerCpuMeterValue.of(id, CounterCells.perCpu(this.whole.perCpu()),
					this.whole.fallback() + this.otherDrained + this.other.sum());
		}

	}

}
