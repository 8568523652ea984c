package io.github.rseq.testsupport;

import io.github.rseq.Rseq;
import io.github.rseq.RseqOptions;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Gives the runtime, which is one for the JVM, its default options before and after each
 * test.
 */
public class RestoreRseq implements BeforeEachCallback, AfterEachCallback {

	@Override
	public void beforeEach(ExtensionContext context) {
		Rseq.configure(RseqOptions.DEFAULTS);
	}

	@Override
	public void afterEach(ExtensionContext context) {
		Rseq.configure(RseqOptions.DEFAULTS);
	}

}
