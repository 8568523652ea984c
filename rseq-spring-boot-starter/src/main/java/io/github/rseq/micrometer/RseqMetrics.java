package io.github.rseq.micrometer;

import io.github.rseq.Rseq;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * Meters about rseq itself: {@code rseq.available}, {@code rseq.enabled},
 * {@code rseq.aborts}, {@code rseq.fallback.records} and {@code rseq.memory.used}. They
 * tell of the whole process, or class loader, not of one registry, and read
 * {@link Rseq#status()} when they are asked.
 */
public final class RseqMetrics implements MeterBinder {

	@Override
	public void bindTo(MeterRegistry registry) {
		Gauge.builder("rseq.available", () -> Rseq.isAvailable() ? 1 : 0)
			.description("Whether restartable sequences can be had in this process, 1 or 0")
			.register(registry);
		Gauge.builder("rseq.enabled", () -> Rseq.isEnabled() ? 1 : 0)
			.description("Whether the runtime switch lets meters record per CPU, 1 or 0")
			.register(registry);
		// A function counter holds what it reads by a weak reference, hence the class: it
		// stays as long as anybody can ask.
		FunctionCounter.builder("rseq.aborts", Rseq.class, (rseq) -> Rseq.status().aborts().total())
			.description("Critical sections that the kernel aborted and that were run again")
			.register(registry);
		FunctionCounter.builder("rseq.fallback.records", Rseq.class, (rseq) -> Rseq.status().aborts().fallback())
			.description("Records that no section could make, added to a fallback cell instead; none is lost")
			.register(registry);
		Gauge.builder("rseq.memory.used", () -> Rseq.status().memory().used())
			.description("Memory of the per-CPU cells in use")
			.baseUnit(BaseUnits.BYTES)
			.register(registry);
	}

}
