package io.github.rseq.micrometer;

import io.micrometer.core.instrument.AbstractMeter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.prometheus.metrics.core.exemplars.ExemplarSampler;
import io.prometheus.metrics.model.snapshots.Exemplar;
import org.jspecify.annotations.Nullable;

/**
 * A counter for Prometheus: amounts that are not greater than zero are ignored, as
 * Micrometer's {@code PrometheusCounter} does.
 */
final class RseqPrometheusCounter extends AbstractMeter implements Counter, PerCpuMeter {

	private final CounterCells cells = new CounterCells();

	private final @Nullable ExemplarSampler exemplars;

	RseqPrometheusCounter(Meter.Id id, @Nullable PrometheusExemplars exemplars) {
		super(id);
		this.exemplars = (exemplars != null) ? exemplars.sampler() : null;
	}

	@Override
	public void increment() {
		this.cells.increment();
		if (this.exemplars != null) {
			this.exemplars.observe(1);
		}
	}

	@Override
	public void increment(double amount) {
		if (amount > 0) {
			this.cells.add(amount);
			if (this.exemplars != null) {
				this.exemplars.observe(amount);
			}
		}
	}

	@Override
	public double count() {
		return this.cells.sum();
	}

	@Nullable Exemplar exemplar() {
		return (this.exemplars != null) ? this.exemplars.collect().getLatest() : null;
	}

	@Override
	public PerCpuMeterValue perCpuValue() {
		return this.cells.value(getId());
	}

}
