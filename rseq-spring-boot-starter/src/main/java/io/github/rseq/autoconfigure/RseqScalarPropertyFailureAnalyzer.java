package io.github.rseq.autoconfigure;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * {@link AbstractFailureAnalyzer} for a start that failed since {@code rseq} has a value
 * where only properties below it do.
 */
class RseqScalarPropertyFailureAnalyzer extends AbstractFailureAnalyzer<RseqScalarPropertyException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, RseqScalarPropertyException cause) {
		return new FailureAnalysis(cause.getMessage(),
				"To switch rseq off, set rseq.enabled=false; to leave it on, remove the value. In YAML:"
						+ "%n%n    rseq:%n      enabled: false".formatted(),
				cause);
	}

}
