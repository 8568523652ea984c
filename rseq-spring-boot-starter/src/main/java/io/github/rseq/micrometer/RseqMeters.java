package io.github.rseq.micrometer;

import java.util.List;

/**
 * What a registry of this package tells about its meters. All methods are thread-safe and
 * read while others record; they are meant for people, not for a hot path.
 */
public interface RseqMeters {

	/**
	 * How many meters of each kind the registry has, and how many of them record per CPU.
	 * @return the summary, a snapshot
	 */
	RseqMeterSummary meterSummary();

	/**
	 * The values of the meters of that name that record per CPU, CPU by CPU: of a counter
	 * what it has counted, of a timer or a distribution summary how many values.
	 * @param name a meter's name as its {@link io.micrometer.core.instrument.Meter.Id}
	 * has it, such as {@code http.server.requests}
	 * @return one value for each set of tags, in the order of the tags; empty where there
	 * is no such meter, or none that records per CPU
	 */
	List<PerCpuMeterValue> perCpuValues(String name);

}
