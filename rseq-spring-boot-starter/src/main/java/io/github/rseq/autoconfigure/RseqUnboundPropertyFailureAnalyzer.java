package io.github.rseq.autoconfigure;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.annotation.Order;

/**
 * {@link AbstractFailureAnalyzer} for a start that failed since there is no such
 * {@code rseq.*} property, or since one has no value. Stands before Boot's own, which
 * would tell of an unbound element without saying what there is.
 */
@Order(0)
class RseqUnboundPropertyFailureAnalyzer extends AbstractFailureAnalyzer<BindException> {

	private static final List<String> NAMES = List.of("rseq.enabled", "rseq.required", "rseq.binding",
			"rseq.registration", "rseq.sharding", "rseq.native-library.path", "rseq.native-library.directory");

	@Override
	protected @Nullable FailureAnalysis analyze(Throwable rootFailure, BindException cause) {
		UnboundConfigurationPropertiesException unbound = findCause(cause,
				UnboundConfigurationPropertiesException.class);
		if (unbound == null || cause.getTarget().getType().resolve() != RseqProperties.class) {
			return null;
		}
		Set<ConfigurationProperty> properties = unbound.getUnboundProperties();
		String description = properties.stream()
			.map(RseqUnboundPropertyFailureAnalyzer::describe)
			.collect(Collectors.joining("%n".formatted()));
		String action = properties.stream().allMatch(RseqUnboundPropertyFailureAnalyzer::exists)
				? "Give it a value, or remove it." : "Use one of: " + String.join(", ", NAMES) + ", or remove it.";
		return new FailureAnalysis(description, action, cause);
	}

	private static boolean exists(ConfigurationProperty property) {
		return NAMES.stream().map(ConfigurationPropertyName::of).anyMatch(property.getName()::equals);
	}

	private static String describe(ConfigurationProperty property) {
		String origin = (property.getOrigin() != null) ? " (origin: " + property.getOrigin() + ")" : "";
		return exists(property) ? "The property '" + property.getName() + "'" + origin + " has no value."
				: "There is no property '" + property.getName() + "'" + origin + ".";
	}

}
