package io.github.rseq.autoconfigure;

import io.github.rseq.micrometer.RseqMetrics;
import io.micrometer.core.instrument.MeterRegistry;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.DependsOn;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for the {@code rseq.*} meters.
 */
@AutoConfiguration(after = { MetricsAutoConfiguration.class, CompositeMeterRegistryAutoConfiguration.class,
		RseqAutoConfiguration.class })
@ConditionalOnBean({ MeterRegistry.class, RseqConfigurer.class })
public final class RseqMetricsAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	@DependsOn(RseqConfigurer.BEAN_NAME)
	RseqMetrics rseqMetrics() {
		return new RseqMetrics();
	}

}
