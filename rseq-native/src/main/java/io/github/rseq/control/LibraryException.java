package io.github.rseq.control;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when the native library can't be had.
 */
public final class LibraryException extends Exception {

	private static final long serialVersionUID = 1L;

	/**
	 * What went wrong.
	 */
	public enum Problem {

		/** There is no such file or resource. */
		MISSING,

		/** It could not be written to a directory. */
		NOT_EXTRACTED,

		/** It lies where nothing may be executed. */
		NOT_EXECUTABLE,

		/** It is not a library, or not ours. */
		DAMAGED,

		/** JNA can't be started. */
		JNA,

		/** The JVM denies native access. */
		DENIED

	}

	private final Problem problem;

	LibraryException(Problem problem, @Nullable String message, @Nullable Throwable cause) {
		super(message, cause);
		this.problem = problem;
	}

	/**
	 * What went wrong.
	 * @return the problem
	 */
	public Problem problem() {
		return this.problem;
	}

}
