package io.github.rseq.autoconfigure;

import java.util.Map;

import io.github.rseq.actuate.RseqEndpoint;
import io.github.rseq.testsupport.RestoreRseq;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.prometheus.PrometheusMetricsExportAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RseqEndpointAutoConfiguration}.
 */
@ExtendWith(RestoreRseq.class)
class RseqEndpointAutoConfigurationTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(RseqAutoConfiguration.class, RseqEndpointAutoConfiguration.class,
				RseqPrometheusAutoConfiguration.class, MetricsAutoConfiguration.class,
				CompositeMeterRegistryAutoConfiguration.class, PrometheusMetricsExportAutoConfiguration.class));

	private final ApplicationContextRunner exposed = this.contextRunner
		.withPropertyValues("management.endpoints.web.exposure.include=rseq");

	@Test
	void isNotThereUnlessExposed() {
		this.contextRunner.run((context) -> assertThat(context).doesNotHaveBean(RseqEndpoint.class));
	}

	@Test
	void isThereWhereExposed() {
		this.exposed.run((context) -> assertThat(context).hasSingleBean(RseqEndpoint.class));
	}

	@Test
	void isNotThereWithoutAccess() {
		this.exposed.withPropertyValues("management.endpoint.rseq.access=NONE")
			.run((context) -> assertThat(context).doesNotHaveBean(RseqEndpoint.class));
	}

	@Test
	void isNotThereWithoutActuator() {
		this.exposed.withClassLoader(new FilteredClassLoader(Endpoint.class, ConditionalOnAvailableEndpoint.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("rseqEndpoint"));
	}

	@Test
	void isThereWithoutPrometheus() {
		this.exposed.withClassLoader(new FilteredClassLoader("io.micrometer.prometheusmetrics", "io.prometheus"))
			.run((context) -> assertThat(context).hasSingleBean(RseqEndpoint.class));
	}

	@Test
	void tellsAboutOurRegistriesByBeanName() {
		this.exposed.withBean("simple", SimpleMeterRegistry.class, SimpleMeterRegistry::new)
			.run((context) -> assertThat(context.getBean(RseqEndpoint.class).rseq().meters())
				.containsOnlyKeys("prometheusMeterRegistry"));
	}

	@Test
	void tellsAboutRegistriesOfTheParent() {
		this.exposed.run((parent) -> this.exposed.withParent(parent)
			.run((child) -> assertThat(child.getBean(RseqEndpoint.class).rseq().meters())
				.containsOnlyKeys("prometheusMeterRegistry")));
	}

	@Test
	void backsOffForAnEndpointOfTheApplication() {
		RseqEndpoint own = new RseqEndpoint(Map.of());
		this.exposed.withBean("ownEndpoint", RseqEndpoint.class, () -> own)
			.run((context) -> assertThat(context).getBean(RseqEndpoint.class).isSameAs(own));
	}

}
