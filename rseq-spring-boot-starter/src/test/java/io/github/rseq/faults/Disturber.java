package io.github.rseq.faults;

/**
 * A fault that the JVM does to itself, again and again in a thread of its own.
 */
interface Disturber extends AutoCloseable {

	/**
	 * Makes it happen.
	 * @return how often it has
	 */
	long disturb() throws Exception;

	/**
	 * How often it must happen before it proves something.
	 */
	default long enough() {
		return 10;
	}

	/**
	 * Ends it.
	 * @throws Exception where something other than a count was found wrong
	 */
	@Override
	default void close() throws Exception {
	}

}
