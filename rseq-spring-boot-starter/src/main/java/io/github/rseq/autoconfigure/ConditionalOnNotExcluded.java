package io.github.rseq.autoconfigure;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.context.annotation.Conditional;

/**
 * Matches unless the application excluded the given auto-configuration. Whoever excludes
 * Boot's export of metrics does not want ours either.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Conditional(OnNotExcludedCondition.class)
@interface ConditionalOnNotExcluded {

	/**
	 * The auto-configuration.
	 * @return its class
	 */
	Class<?> value();

}
