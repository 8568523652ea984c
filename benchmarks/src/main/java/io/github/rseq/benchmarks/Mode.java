package io.github.rseq.benchmarks;

import io.github.rseq.Binding;
import io.github.rseq.Rseq;
import io.github.rseq.RseqOptions;
import io.github.rseq.RseqStatus;
import org.jspecify.annotations.Nullable;

/**
 * What a benchmark needs of rseq. Where it can't be had the benchmark fails: a figure of
 * the fallback under the name of the real thing would be worse than none.
 */
enum Mode {

	/**
	 * Records go to the per-CPU cells, by the binding that the system property
	 * {@value Mode#BINDING} names, or the one that is chosen without it.
	 */
	ON,

	/**
	 * The same, switched off.
	 */
	OFF;

	static final String BINDING = "rseq.benchmark.binding";

	void apply() {
		String name = System.getProperty(BINDING);
		Binding binding = (name != null) ? Binding.valueOf(name) : null;
		// On in any case: disabled from the start, it would not even probe.
		check(Rseq.configure(RseqOptions.DEFAULTS.withBinding(binding)), binding);
		Rseq.setEnabled(this == ON);
	}

	private static void check(RseqStatus status, @Nullable Binding binding) {
		if (!status.availability().available()) {
			throw new IllegalStateException("rseq can't be had here: " + status.availability());
		}
		if (binding != null && status.binding() != binding) {
			throw new IllegalStateException("The binding is " + status.binding() + ", not " + binding);
		}
	}

}
