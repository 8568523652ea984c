package io.github.rseq;

/**
 * Whether restartable sequences can be had in this JVM, why not, and the switch.
 * <p>
 * Availability is data: nothing here throws for want of it but
 * {@link #ensureAvailable()}, and everything that records works without it, on fallback
 * cells. It is found out on first use, by a probe that ends with a behavioural self-test
 * (some 20 ms), and again by {@link #probe()}.
 * <p>
 * There is one state for each class loader that loads this class; the native library
 * beneath is mapped once in a process. All methods are thread-safe.
 */
public final class Rseq {

	private Rseq() {
	}

	/**
	 * Whether restartable sequences can be had, whatever the switch says.
	 * @return whether they can
	 */
	public static boolean isAvailable() {
		return RseqRuntime.get().availability().available();
	}

	/**
	 * Does nothing where restartable sequences can be had.
	 * @throws RseqUnavailableException where they can't, with the reason
	 */
	public static void ensureAvailable() {
		RseqRuntime.get().ensureAvailable();
	}

	/**
	 * Everything there is to know. Reads counters; does not probe again.
	 * @return a snapshot
	 */
	public static RseqStatus status() {
		return RseqRuntime.get().status();
	}

	/**
	 * The position of the switch.
	 * @return whether records go to the per-CPU cells where rseq can be had
	 */
	public static boolean isEnabled() {
		return RseqRuntime.get().isEnabled();
	}

	/**
	 * Turns the switch, for all that records in this class loader. Sums stay exact
	 * through any number of flips under load: every record is counted in the one kind of
	 * cell or the other, and sums take in both. Records that start after this method has
	 * returned, and are ordered after it, go where it says.
	 * @param enabled whether records go to the per-CPU cells where rseq can be had, or to
	 * the fallback cells
	 */
	public static void setEnabled(boolean enabled) {
		RseqRuntime.get().setEnabled(enabled);
	}

	/**
	 * Applies options. The last call wins; it probes again where more than the switch
	 * differs.
	 * @param options the options
	 * @return the state after it
	 */
	public static RseqStatus configure(RseqOptions options) {
		return RseqRuntime.configure(options);
	}

	/**
	 * Probes again with the options of the last {@link #configure(RseqOptions)}, as a
	 * process must that was checkpointed and restored on another machine.
	 * @return the state after it
	 */
	public static RseqStatus probe() {
		return RseqRuntime.get().probe();
	}

}
