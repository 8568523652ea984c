package io.github.rseq.micrometer;

import io.micrometer.core.instrument.Meter;
import org.jspecify.annotations.Nullable;

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

	/**
	 * What of the meter does not record per CPU, and why.
	 * @return a clause, or {@code null} where all of it does
	 */
	default @Nullable String limit() {
		return null;
	}

}
