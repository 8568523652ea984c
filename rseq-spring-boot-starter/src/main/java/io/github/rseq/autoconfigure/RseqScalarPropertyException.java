package io.github.rseq.autoconfigure;

import java.io.Serial;

import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;
import org.springframework.core.env.Environment;
import org.springframework.util.ObjectUtils;

/**
 * Thrown where {@code rseq} has a value of its own, as in {@code rseq: false}. Boot binds
 * what is below a prefix and passes over such a value, so that who wanted to switch rseq
 * off would have it on. As {@link UnboundConfigurationPropertiesException} does, it
 * passes over environment variables and system properties, which may be somebody else's.
 */
final class RseqScalarPropertyException extends RuntimeException {

	private static final ConfigurationPropertyName NAME = ConfigurationPropertyName.of("rseq");

	@Serial
	private static final long serialVersionUID = 1;

	private RseqScalarPropertyException(ConfigurationProperty property) {
		super("The property 'rseq' has the value '" + property.getValue() + "'"
				+ ((property.getOrigin() != null) ? " (origin: " + property.getOrigin() + ")" : "")
				+ ", and only the properties below it take one.");
	}

	/**
	 * Looks for such a value.
	 * @param environment where it may be
	 * @throws RseqScalarPropertyException where it is
	 */
	static void throwIfSet(Environment environment) {
		UnboundElementsSourceFilter filter = new UnboundElementsSourceFilter();
		for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
			ConfigurationProperty property = filter.apply(source) ? source.getConfigurationProperty(NAME) : null;
			// Empty where all that was below it is commented out
			if (property != null && !ObjectUtils.isEmpty(property.getValue())) {
				throw new RseqScalarPropertyException(property);
			}
		}
	}

}
