package io.github.rseq.autoconfigure;

import io.github.rseq.Rseq;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for the {@link Rseq} runtime.
 * Whether rseq can be had is found out at run time and is never a condition: conditions
 * are evaluated at build time where an application is processed ahead of time.
 */
@AutoConfiguration
@EnableConfigurationProperties(RseqProperties.class)
public final class RseqAutoConfiguration {

	// Not lazy: the start must fail in time where rseq is required
	@Bean(RseqConfigurer.BEAN_NAME)
	@ConditionalOnMissingBean
	@Lazy(false)
	RseqConfigurer rseqConfigurer(RseqProperties properties, ApplicationContext context) {
		RseqScalarPropertyException.throwIfSet(context.getEnvironment());
		return new RseqConfigurer(properties, context);
	}

}
