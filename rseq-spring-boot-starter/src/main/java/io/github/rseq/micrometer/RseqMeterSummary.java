package io.github.rseq.micrometer;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How many meters a registry has, by kind. Immutable.
 *
 * @param kinds the counts by kind: {@code counter}, {@code timer}, {@code summary} and
 * {@code other}, each of them always there
 * @param limits what of a meter does not record per CPU though the rest of it does, and
 * why, by the meter's name
 */
public record RseqMeterSummary(SortedMap<String, Kind> kinds, SortedMap<String, String> limits) {

	public RseqMeterSummary {
		kinds = Collections.unmodifiableSortedMap(new TreeMap<>(kinds));
		limits = Collections.unmodifiableSortedMap(new TreeMap<>(limits));
	}

	/**
	 * The meters of one kind.
	 *
	 * @param perCpu how many record to per-CPU cells while rseq is
	 * {@link io.github.rseq.RseqState#ACTIVE active}; counters only where
	 * {@link io.github.rseq.RseqStatus#adders()} says that adders do
	 * @param stock how many record as Micrometer's own meters do
	 */
	public record Kind(int perCpu, int stock) {
	}

}
