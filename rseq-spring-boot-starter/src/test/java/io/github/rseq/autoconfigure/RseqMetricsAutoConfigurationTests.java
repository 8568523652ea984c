package io.github.rseq.autoconfigure;

import java.util.List;

import io.github.rseq.micrometer.RseqMetrics;
import io.github.rseq.testsupport.RestoreRseq;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.prometheus.PrometheusMetricsExportAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RseqMetricsAutoConfiguration}.
 */
@ExtendWith(RestoreRseq.class)
class RseqMetricsAutoConfigurationTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(RseqAutoConfiguration.class, RseqMetricsAutoConfiguration.class,
				RseqPrometheusAutoConfiguration.class, MetricsAutoConfiguration.class,
				CompositeMeterRegistryAutoConfiguration.class, PrometheusMetricsExportAutoConfiguration.class));

	@Test
	void bindsTheMetersAboutRseq() {
		this.contextRunner.run((context) -> {
			List<String> names = context.getBean(MeterRegistry.class)
				.getMeters()
				.stream()
				.map(Meter::getId)
				.map(Meter.Id::getName)
				.toList();
			assertThat(names).contains("rseq.available", "rseq.enabled", "rseq.aborts", "rseq.fallback.records",
					"rseq.memory.used");
		});
	}

	@Test
	void metersFollowTheProperties() {
		this.contextRunner.withPropertyValues("rseq.binding=none", "rseq.enabled=false").run((context) -> {
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			assertThat(registry.get("rseq.available").gauge().value()).isZero();
			assertThat(registry.get("rseq.enabled").gauge().value()).isZero();
		});
	}

	@Test
	void metersCanBeSwitchedOffByBootsProperty() {
		this.contextRunner.withPropertyValues("management.metrics.enable.rseq=false")
			.run((context) -> assertThat(context.getBean(MeterRegistry.class).find("rseq.available").gauge()).isNull());
	}

	@Test
	void backsOffForABeanOfTheApplication() {
		RseqMetrics own = new RseqMetrics();
		this.contextRunner.withBean("ownMetrics", RseqMetrics.class, () -> own)
			.run((context) -> assertThat(context).getBean(RseqMetrics.class).isSameAs(own));
	}

	@Test
	void backsOffWithoutARegistry() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(RseqAutoConfiguration.class, RseqMetricsAutoConfiguration.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(RseqMetrics.class));
	}

}
