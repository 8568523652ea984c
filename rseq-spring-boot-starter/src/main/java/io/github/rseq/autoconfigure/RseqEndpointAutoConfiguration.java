package io.github.rseq.autoconfigure;

import java.util.LinkedHashMap;
import java.util.Map;

import io.github.rseq.actuate.RseqEndpoint;
import io.github.rseq.micrometer.RseqMeters;
import io.micrometer.core.instrument.MeterRegistry;

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.DependsOn;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for {@link RseqEndpoint}.
 */
@AutoConfiguration(after = { MetricsAutoConfiguration.class, CompositeMeterRegistryAutoConfiguration.class,
		RseqAutoConfiguration.class })
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnAvailableEndpoint(RseqEndpoint.class)
@ConditionalOnBean(RseqConfigurer.class)
public final class RseqEndpointAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	@DependsOn(RseqConfigurer.BEAN_NAME)
	RseqEndpoint rseqEndpoint(ListableBeanFactory beanFactory) {
		Map<String, RseqMeters> registries = new LinkedHashMap<>();
		BeanFactoryUtils.beansOfTypeIncludingAncestors(beanFactory, MeterRegistry.class).forEach((name, registry) -> {
			if (registry instanceof RseqMeters meters) {
				registries.put(name, meters);
			}
		});
		return new RseqEndpoint(registries);
	}

}
