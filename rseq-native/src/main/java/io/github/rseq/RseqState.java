package io.github.rseq;

/**
 * What happens to a record made now.
 */
public enum RseqState {

	/**
	 * It is added to the cell of the current CPU by a restartable sequence.
	 */
	ACTIVE,

	/**
	 * It is added to a fallback cell, since restartable sequences can't be had;
	 * {@link RseqStatus.Availability} tells why.
	 */
	FALLBACK,

	/**
	 * It is added to a fallback cell, since the switch is off.
	 */
	DISABLED

}
