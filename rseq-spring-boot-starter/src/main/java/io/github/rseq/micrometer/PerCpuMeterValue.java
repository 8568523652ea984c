package io.github.rseq.micrometer;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

import io.micrometer.core.instrument.Meter;

/**
 * The value of one meter that records per CPU. Immutable. The parts are read one after
 * the other while others record, and {@code total} is their sum.
 *
 * @param id the meter
 * @param total what the meter has counted since it was registered, the sum of
 * {@code perCpu} and {@code fallback}: of a counter the amount, in its base unit, of a
 * timer or a distribution summary the number of values. A meter that exports steps
 * exports parts of it
 * @param perCpu what was counted on each CPU, by CPU number, or with each concurrency id
 * where that numbers the cells (see {@link io.github.rseq.RseqStatus#sharding()}); those
 * without any are left out
 * @param fallback what was counted outside the per-CPU cells: while rseq was switched off
 * or could not be had, the rare operation a section gave up on, and amounts that a meter
 * keeps elsewhere so that it can export them by steps
 */
public record PerCpuMeterValue(Meter.Id id, double total, SortedMap<Integer, Double> perCpu, double fallback) {

	public PerCpuMeterValue {
		perCpu = Collections.unmodifiableSortedMap(new TreeMap<>(perCpu));
	}

	static PerCpuMeterValue of(Meter.Id id, SortedMap<Integer, Double> perCpu, double fallback) {
		double total = fallback;
		for (double value : perCpu.values()) {
			total += value;
		}
		return new PerCpuMeterValue(id, total, perCpu, fallback);
	}

}
