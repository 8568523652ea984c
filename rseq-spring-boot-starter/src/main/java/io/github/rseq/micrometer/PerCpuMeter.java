package io.github.rseq.micrometer;

import io.micrometer.core.instrument.Meter;

/**
 * A meter that records per CPU.
 */
interface PerCpuMeter extends Meter {

	/**
	 * What the meter has counted, CPU by CPU: of a timer or distribution summary how many
	 * values.
	 * @return the value, a snapshot
	 */
	PerCpuMeterValue perCpuValue();

}
