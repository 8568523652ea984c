package io.github.rseq.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.stream.StreamSupport;

import io.github.rseq.micrometer.RseqMeters;
import io.github.rseq.micrometer.RseqSimpleMeterRegistry;
import io.github.rseq.testsupport.RestoreRseq;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.simple.CountingMode;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.jmx.JmxMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.annotation.Configurations;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.jmx.JmxMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.ClassUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RseqSimpleAutoConfiguration} together with Boot's export
 * auto-configurations.
 */
@ExtendWith(RestoreRseq.class)
class RseqSimpleAutoConfigurationTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(RseqAutoConfiguration.class, RseqSimpleAutoConfiguration.class,
				MetricsAutoConfiguration.class, CompositeMeterRegistryAutoConfiguration.class,
				SimpleMetricsExportAutoConfiguration.class));

	@Test
	void takesThePlaceOfBoots() {
		this.contextRunner.run((context) -> {
			assertThat(context).hasSingleBean(MeterRegistry.class)
				.hasSingleBean(SimpleConfig.class)
				.hasBean("simpleMeterRegistry")
				.doesNotHaveBean(SimpleMetricsExportAutoConfiguration.class);
			assertThat(context.getBean(MeterRegistry.class)).isInstanceOf(RseqSimpleMeterRegistry.class);
		});
	}

	@Test
	void appliesThePropertiesOfBoot() {
		this.contextRunner
			.withPropertyValues("management.simple.metrics.export.mode=step",
					"management.simple.metrics.export.step=7s")
			.run((context) -> {
				SimpleConfig config = context.getBean(SimpleConfig.class);
				assertThat(config.mode()).isEqualTo(CountingMode.STEP);
				assertThat(config.step()).isEqualTo(Duration.ofSeconds(7));
			});
	}

	@Test
	void countsInSteps() {
		MockClock clock = new MockClock();
		this.contextRunner.withBean(Clock.class, () -> clock)
			.withPropertyValues("management.simple.metrics.export.mode=step",
					"management.simple.metrics.export.step=1m")
			.run((context) -> {
				MeterRegistry registry = context.getBean(MeterRegistry.class);
				registry.counter("orders").increment(4);
				assertThat(registry.counter("orders").count()).isZero();
				clock.add(Duration.ofMinutes(1));
				assertThat(registry.counter("orders").count()).isEqualTo(4);
			});
	}

	@Test
	void usesTheConfigOfTheApplication() {
		this.contextRunner.withUserConfiguration(OwnConfigConfiguration.class)
			.run((context) -> assertThat(context).hasSingleBean(SimpleConfig.class)
				.getBean(MeterRegistry.class)
				.isInstanceOf(RseqSimpleMeterRegistry.class));
	}

	@Test
	void backsOffForARegistryOfTheApplication() {
		this.contextRunner.withUserConfiguration(OwnRegistryConfiguration.class)
			.run((context) -> assertThat(context.getBean(MeterRegistry.class)).isNotInstanceOf(RseqMeters.class));
	}

	@Test
	void backsOffForAnotherExporter() {
		this.contextRunner.withConfiguration(AutoConfigurations.of(JmxMetricsExportAutoConfiguration.class))
			.run((context) -> assertThat(context).hasSingleBean(MeterRegistry.class)
				.hasSingleBean(JmxMeterRegistry.class));
	}

	@Test
	void backsOffForAnExporterOfAThirdPartyThatComesBeforeBoots() {
		this.contextRunner.withConfiguration(AutoConfigurations.of(ThirdPartyExportAutoConfiguration.class))
			.run((context) -> assertThat(context).hasSingleBean(MeterRegistry.class)
				.getBean(MeterRegistry.class)
				.isNotInstanceOf(RseqMeters.class));
	}

	@Test
	void backsOffWhereTheExportIsOff() {
		this.contextRunner.withPropertyValues("management.simple.metrics.export.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(SimpleMeterRegistry.class)
				.hasSingleBean(CompositeMeterRegistry.class));
	}

	@Test
	void backsOffWhereBootsIsExcluded() {
		new ApplicationContextRunner().withUserConfiguration(AllAutoConfigurations.class)
			.withPropertyValues("spring.autoconfigure.exclude=" + SimpleMetricsExportAutoConfiguration.class.getName(),
					"management.prometheus.metrics.export.enabled=false", "management.jmx.metrics.export.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(SimpleMeterRegistry.class));
	}

	@Test
	void comesAfterEveryExporterOfBootAndBeforeBootsSimple() {
		ClassLoader classLoader = getClass().getClassLoader();
		Class<?>[] candidates = StreamSupport
			.stream(ImportCandidates.load(AutoConfiguration.class, classLoader).spliterator(), false)
			.map((name) -> ClassUtils.resolveClassName(name, classLoader))
			.toArray(Class<?>[]::new);
		List<String> order = List.of(Configurations.getClasses(AutoConfigurations.of(candidates)))
			.stream()
			.map(Class::getName)
			.toList();
		int rseq = order.indexOf(RseqSimpleAutoConfiguration.class.getName());
		int simple = order.indexOf(SimpleMetricsExportAutoConfiguration.class.getName());
		assertThat(rseq).isNotNegative().isLessThan(simple);
		assertThat(order.subList(0, rseq)).filteredOn((name) -> name.endsWith("MetricsExportAutoConfiguration"))
			.hasSize(16);
		assertThat(order.subList(rseq, order.size()))
			.filteredOn((name) -> name.endsWith("MetricsExportAutoConfiguration"))
			.containsExactly(SimpleMetricsExportAutoConfiguration.class.getName());
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class AllAutoConfigurations {

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnConfigConfiguration {

		@Bean
		SimpleConfig ownConfig() {
			return (key) -> null;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnRegistryConfiguration {

		@Bean
		MeterRegistry ownRegistry() {
			return new SimpleMeterRegistry();
		}

	}

	@AutoConfiguration(before = SimpleMetricsExportAutoConfiguration.class, after = MetricsAutoConfiguration.class)
	static class ThirdPartyExportAutoConfiguration {

		@Bean
		MeterRegistry thirdPartyRegistry() {
			return new SimpleMeterRegistry();
		}

	}

}
