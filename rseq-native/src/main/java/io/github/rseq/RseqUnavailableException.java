package io.github.rseq;

import org.jspecify.annotations.Nullable;

/**
 * Thrown by {@link Rseq#ensureAvailable()} where restartable sequences can't be had.
 */
public class RseqUnavailableException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final UnavailabilityReason reason;

	private final @Nullable String detail;

	RseqUnavailableException(UnavailabilityReason reason, @Nullable String detail, @Nullable Throwable cause) {
		super(reason.sentence() + ((detail != null) ? " " + detail : ""), cause);
		this.reason = reason;
		this.detail = detail;
	}

	/**
	 * Why rseq can't be had.
	 * @return the reason, with its sentence and hint
	 */
	public UnavailabilityReason reason() {
		return this.reason;
	}

	/**
	 * What was seen on this machine.
	 * @return a sentence, or {@code null} where the reason says it all
	 */
	public @Nullable String detail() {
		return this.detail;
	}

}
