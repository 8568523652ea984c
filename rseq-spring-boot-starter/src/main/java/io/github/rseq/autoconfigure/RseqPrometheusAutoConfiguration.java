package io.github.rseq.autoconfigure;

import io.github.rseq.micrometer.RseqPrometheusMeterRegistry;
import io.micrometer.core.instrument.Clock;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.tracer.common.SpanContext;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.ConditionalOnEnabledMetricsExport;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.prometheus.PrometheusMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.DependsOn;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for a
 * {@link PrometheusMeterRegistry} that counts per CPU. It comes before Boot's and has
 * Boot's conditions, so that of Boot's beans only the registry backs off; configuration,
 * scrape endpoint and Pushgateway remain Boot's.
 */
@AutoConfiguration(
		before = { PrometheusMetricsExportAutoConfiguration.class, CompositeMeterRegistryAutoConfiguration.class,
				SimpleMetricsExportAutoConfiguration.class },
		after = { MetricsAutoConfiguration.class, RseqAutoConfiguration.class })
@ConditionalOnBean({ Clock.class, RseqConfigurer.class })
@ConditionalOnClass(PrometheusMeterRegistry.class)
@ConditionalOnEnabledMetricsExport("prometheus")
@ConditionalOnNotExcluded(PrometheusMetricsExportAutoConfiguration.class)
public final class RseqPrometheusAutoConfiguration {

	// Boot's name and type, as applications refer to them
	@Bean
	@ConditionalOnMissingBean
	@DependsOn(RseqConfigurer.BEAN_NAME)
	PrometheusMeterRegistry prometheusMeterRegistry(PrometheusConfig prometheusConfig,
			PrometheusRegistry prometheusRegistry, Clock clock, ObjectProvider<SpanContext> spanContext) {
		return new RseqPrometheusMeterRegistry(prometheusConfig, prometheusRegistry, clock,
				spanContext.getIfAvailable());
	}

}
