package io.github.rseq.micrometer;

import io.micrometer.core.instrument.AbstractMeter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;

/**
 * A counter that never starts again and takes every amount, as Micrometer's
 * {@code CumulativeCounter} does: negative ones, NaN and infinities too.
 */
final class RseqCumulativeCounter extends AbstractMeter implements Counter, PerCpuMeter {

	private final CounterCells cells = new CounterCells();

	RseqCumulativeCounter(Meter.Id id) {
		super(id);
	}

	@Override
	public void increment() {
		this.cells.increment();
	}

	@Override
	public void increment(double amount) {
		this.cells.add(amount);
	}

	@Override
	public double count() {
		return this.cells.sum();
	}

	@Override
	public PerCpuMeterValue perCpuValue() {
		return this.cells.value(getId());
	}

}
