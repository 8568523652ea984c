package io.github.rseq.autoconfigure;

import io.github.rseq.micrometer.RseqSimpleMeterRegistry;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.ConditionalOnEnabledMetricsExport;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleProperties;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimplePropertiesConfigAdapter;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.DependsOn;
import org.springframework.core.Ordered;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for a {@link SimpleMeterRegistry}
 * that counts per CPU. Like Boot's it is the last resort, used where no other
 * {@link MeterRegistry} is defined. The lowest precedence puts it behind every exporter:
 * those come before Boot's, but nothing else would order them and this one.
 */
@AutoConfiguration(
		before = { SimpleMetricsExportAutoConfiguration.class, CompositeMeterRegistryAutoConfiguration.class },
		after = { MetricsAutoConfiguration.class, RseqAutoConfiguration.class })
@AutoConfigureOrder(Ordered.LOWEST_PRECEDENCE)
@ConditionalOnBean({ Clock.class, RseqConfigurer.class })
@EnableConfigurationProperties(SimpleProperties.class)
@ConditionalOnMissingBean(MeterRegistry.class)
@ConditionalOnEnabledMetricsExport("simple")
@ConditionalOnNotExcluded(SimpleMetricsExportAutoConfiguration.class)
public final class RseqSimpleAutoConfiguration {

	@Bean
	@DependsOn(RseqConfigurer.BEAN_NAME)
	SimpleMeterRegistry simpleMeterRegistry(SimpleConfig config, Clock clock) {
		return new RseqSimpleMeterRegistry(config, clock);
	}

	@Bean
	@ConditionalOnMissingBean
	SimpleConfig simpleConfig(SimpleProperties simpleProperties) {
		return new SimplePropertiesConfigAdapter(simpleProperties);
	}

}
