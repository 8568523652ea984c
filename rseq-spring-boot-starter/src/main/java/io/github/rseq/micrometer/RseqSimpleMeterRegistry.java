package io.github.rseq.micrometer;

import java.util.List;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.CountingMode;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;

/**
 * A {@link SimpleMeterRegistry} whose counters count per CPU, in both counting modes. All
 * other meters are the parent's. Where rseq cannot be had, or is switched off, the
 * counters count on a {@link java.util.concurrent.atomic.LongAdder}; nothing else
 * changes.
 * <p>
 * Thread-safe, as its parent is.
 */
public class RseqSimpleMeterRegistry extends SimpleMeterRegistry implements RseqMeters {

	private final SimpleConfig config;

	private final MeterInventory inventory = new MeterInventory(this);

	/**
	 * A registry that counts cumulatively by the system's clock.
	 */
	public RseqSimpleMeterRegistry() {
		this(SimpleConfig.DEFAULT, Clock.SYSTEM);
	}

	/**
	 * A registry.
	 * @param config the counting mode and the step
	 * @param clock the clock that steps and time windows go by
	 */
	public RseqSimpleMeterRegistry(SimpleConfig config, Clock clock) {
		super(config, clock);
		this.config = config;
	}

	@Override
	protected Counter newCounter(Meter.Id id) {
		return (this.config.mode() == CountingMode.CUMULATIVE) ? new RseqCumulativeCounter(id)
				: new RseqStepCounter(id, this.clock, this.config.step().toMillis());
	}

	@Override
	public RseqMeterSummary meterSummary() {
		return this.inventory.meterSummary();
	}

	@Override
	public List<PerCpuMeterValue> perCpuValues(String name) {
		return this.inventory.perCpuValues(name);
	}

}
