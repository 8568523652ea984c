package io.github.rseq.micrometer;

import io.github.rseq.AdderCells;
import io.github.rseq.Binding;
import io.github.rseq.Rseq;
import io.github.rseq.RseqOptions;
import io.github.rseq.RseqState;
import io.github.rseq.RseqStatus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * The three states rseq can be in. It is one for the whole JVM, so whoever applies one
 * calls {@link #reset()} in the end.
 */
enum RseqMode {

	ACTIVE(RseqOptions.DEFAULTS, RseqState.ACTIVE),

	SWITCHED_OFF(RseqOptions.DEFAULTS.withEnabled(false), RseqState.DISABLED),

	UNAVAILABLE(RseqOptions.DEFAULTS.withBinding(Binding.NONE), RseqState.FALLBACK);

	private final RseqOptions options;

	private final RseqState state;

	RseqMode(RseqOptions options, RseqState state) {
		this.options = options;
		this.state = state;
	}

	void apply() {
		RseqStatus status = Rseq.configure(this.options);
		if (this != UNAVAILABLE) {
			assumeThat(status.availability().available())
				.as("rseq cannot be had here: " + status.availability().reason() + ", "
						+ status.availability().detail())
				.isTrue();
		}
		assertThat(status.state()).isEqualTo(this.state);
	}

	/**
	 * Apply {@link #ACTIVE}, for a test that wants to see counts on CPUs.
	 */
	static void applyPerCpu() {
		ACTIVE.apply();
		assumeThat(Rseq.status().adders())
			.as("only JNI can be had here, and so counters count in Java: run it on a newer JDK")
			.isEqualTo(AdderCells.PER_CPU);
	}

	static void reset() {
		Rseq.configure(RseqOptions.DEFAULTS);
	}

}
