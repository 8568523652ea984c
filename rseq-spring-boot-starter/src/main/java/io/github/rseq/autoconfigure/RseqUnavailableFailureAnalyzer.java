package io.github.rseq.autoconfigure;

import io.github.rseq.RseqUnavailableException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.util.StringUtils;

/**
 * {@link AbstractFailureAnalyzer} for a start that failed since rseq is required and
 * can't be had.
 */
class RseqUnavailableFailureAnalyzer extends AbstractFailureAnalyzer<RseqUnavailableException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, RseqUnavailableException cause) {
		StringBuilder description = new StringBuilder(
				"The property 'rseq.required' is true, but restartable sequences (rseq) can't be had here:%n%n"
					.formatted());
		description.append("    ").append(cause.reason().sentence()).append("%n".formatted());
		if (StringUtils.hasText(cause.detail())) {
			description.append("    ").append(cause.detail()).append("%n".formatted());
		}
		description.append("    Reason: ").append(cause.reason());
		String action = cause.reason().hint()
				+ "%n%nOr start without rseq: set 'rseq.required' to false, and meters record to ordinary Java adders."
					.formatted();
		return new FailureAnalysis(description.toString(), action, cause);
	}

}
