package io.github.rseq.autoconfigure;

import io.github.rseq.micrometer.RseqMeters;
import io.github.rseq.micrometer.RseqPrometheusMeterRegistry;
import io.github.rseq.testsupport.RestoreRseq;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.config.MeterFilterReply;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.jmx.JmxMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.tracer.common.SpanContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MeterRegistryCustomizer;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.jmx.JmxMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.prometheus.PrometheusMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.prometheus.PrometheusScrapeEndpoint;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RseqPrometheusAutoConfiguration} together with Boot's export
 * auto-configurations.
 */
@ExtendWith(RestoreRseq.class)
class RseqPrometheusAutoConfigurationTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(RseqAutoConfiguration.class, RseqPrometheusAutoConfiguration.class,
				RseqSimpleAutoConfiguration.class, MetricsAutoConfiguration.class,
				CompositeMeterRegistryAutoConfiguration.class, PrometheusMetricsExportAutoConfiguration.class,
				SimpleMetricsExportAutoConfiguration.class));

	@Test
	void replacesOnlyTheRegistryOfBoot() {
		this.contextRunner.run((context) -> {
			assertThat(context).hasSingleBean(MeterRegistry.class)
				.hasSingleBean(PrometheusConfig.class)
				.hasSingleBean(PrometheusRegistry.class);
			PrometheusMeterRegistry registry = context.getBean(PrometheusMeterRegistry.class);
			assertThat(registry).isInstanceOf(RseqPrometheusMeterRegistry.class);
			assertThat(registry.getPrometheusRegistry()).isSameAs(context.getBean(PrometheusRegistry.class));
		});
	}

	@Test
	void keepsBootsBeanName() {
		this.contextRunner.run((context) -> assertThat(context.getBeanNamesForType(MeterRegistry.class))
			.containsExactly("prometheusMeterRegistry"));
	}

	@Test
	void isDefinedWhereRseqIsSwitchedOffSoThatItCanBeSwitchedOn() {
		this.contextRunner.withPropertyValues("rseq.enabled=false")
			.run((context) -> assertThat(context.getBean(MeterRegistry.class))
				.isInstanceOf(RseqPrometheusMeterRegistry.class));
	}

	@Test
	void isDefinedWhereRseqIsUnavailable() {
		this.contextRunner.withPropertyValues("rseq.binding=none").run((context) -> {
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			assertThat(registry).isInstanceOf(RseqPrometheusMeterRegistry.class);
			registry.counter("orders").increment(3);
			assertThat(registry.counter("orders").count()).isEqualTo(3);
		});
	}

	@Test
	void backsOffWithoutPrometheus() {
		this.contextRunner.withClassLoader(new FilteredClassLoader("io.micrometer.prometheusmetrics", "io.prometheus"))
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(RseqPrometheusAutoConfiguration.class)
				.getBean(MeterRegistry.class)
				.isInstanceOf(SimpleMeterRegistry.class));
	}

	@Test
	void backsOffWithoutAClock() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(RseqAutoConfiguration.class, RseqPrometheusAutoConfiguration.class,
					PrometheusMetricsExportAutoConfiguration.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(MeterRegistry.class));
	}

	@Test
	void backsOffWhereTheExportIsOff() {
		this.contextRunner.withPropertyValues("management.prometheus.metrics.export.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(PrometheusMeterRegistry.class)
				.hasSingleBean(SimpleMeterRegistry.class));
	}

	@Test
	void backsOffWhereEveryExportIsOffByDefault() {
		this.contextRunner.withPropertyValues("management.defaults.metrics.export.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(PrometheusMeterRegistry.class)
				.doesNotHaveBean(SimpleMeterRegistry.class));
	}

	@Test
	void backsOffForARegistryOfTheApplication() {
		this.contextRunner.withUserConfiguration(OwnRegistryConfiguration.class)
			.run((context) -> assertThat(context).hasSingleBean(PrometheusMeterRegistry.class)
				.getBean(PrometheusMeterRegistry.class)
				.isNotInstanceOf(RseqMeters.class));
	}

	@Test
	void backsOffWhereBootsExportIsExcluded() {
		new ApplicationContextRunner().withUserConfiguration(AllAutoConfigurations.class)
			.withPropertyValues(
					"spring.autoconfigure.exclude=" + PrometheusMetricsExportAutoConfiguration.class.getName(),
					"management.jmx.metrics.export.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(PrometheusMeterRegistry.class)
				.hasSingleBean(SimpleMeterRegistry.class));
	}

	@Test
	void leavesEverythingToBootWhereItsRuntimeIsExcluded() {
		new ApplicationContextRunner().withUserConfiguration(AllAutoConfigurations.class)
			.withPropertyValues("spring.autoconfigure.exclude=" + RseqAutoConfiguration.class.getName())
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(PrometheusMeterRegistry.class)).isNotInstanceOf(RseqMeters.class);
			});
	}

	@Test
	void usesTheConfigTheRegistryAndTheClockOfTheApplication() {
		this.contextRunner.withUserConfiguration(OwnPartsConfiguration.class).run((context) -> {
			PrometheusMeterRegistry registry = context.getBean(PrometheusMeterRegistry.class);
			assertThat(registry).isInstanceOf(RseqPrometheusMeterRegistry.class);
			assertThat(registry.getPrometheusRegistry()).isSameAs(OwnPartsConfiguration.REGISTRY);
			assertThat(registry.config().clock()).isSameAs(OwnPartsConfiguration.CLOCK);
			registry.counter("orders").increment();
			assertThat(registry.scrape()).contains("orders_total 1.0");
		});
	}

	@Test
	void appliesCustomizersOfTheStockType() {
		this.contextRunner.withUserConfiguration(CustomizerConfiguration.class).run((context) -> {
			PrometheusMeterRegistry registry = context.getBean(PrometheusMeterRegistry.class);
			registry.counter("orders").increment();
			assertThat(registry.scrape()).contains("orders_total{by=\"type\"} 1.0");
		});
	}

	@Test
	void appliesFilters() {
		this.contextRunner.withUserConfiguration(FilterConfiguration.class).run((context) -> {
			PrometheusMeterRegistry registry = context.getBean(PrometheusMeterRegistry.class);
			registry.counter("secret.orders").increment();
			registry.counter("orders").increment();
			assertThat(registry.scrape()).contains("orders_total").doesNotContain("secret");
		});
	}

	@Test
	void appliesThePropertiesOfBoot() {
		this.contextRunner
			.withPropertyValues("management.metrics.tags.zone=a", "management.metrics.enable.noise=false",
					"management.prometheus.metrics.export.descriptions=false")
			.run((context) -> {
				PrometheusMeterRegistry registry = context.getBean(PrometheusMeterRegistry.class);
				registry.counter("noise").increment();
				Counter.builder("orders").description("how many").register(registry);
				assertThat(registry.scrape()).contains("orders_total{zone=\"a\"} 0.0")
					.doesNotContain("noise", "how many");
			});
	}

	@Test
	void bindsBinders() {
		this.contextRunner.withUserConfiguration(BinderConfiguration.class)
			.run((context) -> assertThat(context.getBean(PrometheusMeterRegistry.class).scrape())
				.contains("bound_total"));
	}

	@Test
	void isAddedToTheGlobalRegistryUnlessToldOtherwise() {
		this.contextRunner.run((context) -> assertThat(Metrics.globalRegistry.getRegistries())
			.contains(context.getBean(MeterRegistry.class)));
		this.contextRunner.withPropertyValues("management.metrics.use-global-registry=false")
			.run((context) -> assertThat(Metrics.globalRegistry.getRegistries())
				.doesNotContain(context.getBean(MeterRegistry.class)));
	}

	@Test
	void takesPartInTheCompositeWithASecondBackend() {
		this.contextRunner.withConfiguration(AutoConfigurations.of(JmxMetricsExportAutoConfiguration.class))
			.run((context) -> {
				assertThat(context.getBean(MeterRegistry.class)).isInstanceOf(CompositeMeterRegistry.class);
				CompositeMeterRegistry composite = context.getBean(CompositeMeterRegistry.class);
				assertThat(composite.getRegistries()).containsExactlyInAnyOrder(context.getBean(JmxMeterRegistry.class),
						context.getBean(RseqPrometheusMeterRegistry.class));
				composite.counter("orders").increment(2);
				assertThat(context.getBean(PrometheusMeterRegistry.class).counter("orders").count()).isEqualTo(2);
				assertThat(context.getBean(JmxMeterRegistry.class).counter("orders").count()).isEqualTo(2);
			});
	}

	@Test
	void takesPartInTheCompositeWithARegistryOfTheApplication() {
		this.contextRunner.withUserConfiguration(SecondRegistryConfiguration.class)
			.run((context) -> assertThat(context.getBean(CompositeMeterRegistry.class).getRegistries())
				.containsExactlyInAnyOrder(context.getBean("secondRegistry", MeterRegistry.class),
						context.getBean(RseqPrometheusMeterRegistry.class)));
	}

	@Test
	void leavesAPrimaryRegistryPrimary() {
		this.contextRunner.withUserConfiguration(PrimaryRegistryConfiguration.class).run((context) -> {
			assertThat(context).doesNotHaveBean(CompositeMeterRegistry.class);
			assertThat(context.getBean(MeterRegistry.class)).isExactlyInstanceOf(SimpleMeterRegistry.class);
			assertThat(context.getBean(PrometheusMeterRegistry.class)).isInstanceOf(RseqMeters.class);
		});
	}

	@Test
	void keepsTheScrapeEndpoint() {
		this.contextRunner.withPropertyValues("management.endpoints.web.exposure.include=prometheus")
			.run((context) -> assertThat(context).hasSingleBean(PrometheusScrapeEndpoint.class));
	}

	@Test
	void samplesExemplarsWithASpanContext() {
		this.contextRunner.withUserConfiguration(SpanContextConfiguration.class).run((context) -> {
			PrometheusMeterRegistry registry = context.getBean(PrometheusMeterRegistry.class);
			registry.counter("orders").increment();
			assertThat(registry.scrape("application/openmetrics-text")).contains("trace_id=\"4bf92f3577b34da6\"");
		});
	}

	@Test
	void closesTheRegistryWithTheContext() {
		RseqPrometheusMeterRegistry[] registry = new RseqPrometheusMeterRegistry[1];
		this.contextRunner.run((context) -> registry[0] = context.getBean(RseqPrometheusMeterRegistry.class));
		assertThat(registry[0].isClosed()).isTrue();
	}

	@Test
	void twoContextsCountEachTheirOwn() {
		this.contextRunner.run((first) -> {
			MeterRegistry one = first.getBean(MeterRegistry.class);
			one.counter("orders").increment();
			this.contextRunner.run((second) -> {
				MeterRegistry two = second.getBean(MeterRegistry.class);
				two.counter("orders").increment(10);
				one.counter("orders").increment();
				assertThat(two.counter("orders").count()).isEqualTo(10);
			});
			one.counter("orders").increment();
			assertThat(one.counter("orders").count()).isEqualTo(3);
			assertThat(((PrometheusMeterRegistry) one).scrape()).contains("orders_total 3.0");
		});
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class AllAutoConfigurations {

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnRegistryConfiguration {

		@Bean
		PrometheusMeterRegistry ownRegistry(PrometheusConfig config) {
			return new PrometheusMeterRegistry(config);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnPartsConfiguration {

		static final PrometheusRegistry REGISTRY = new PrometheusRegistry();

		static final MockClock CLOCK = new MockClock();

		@Bean
		PrometheusConfig ownConfig() {
			return (key) -> null;
		}

		@Bean
		PrometheusRegistry ownPrometheusRegistry() {
			return REGISTRY;
		}

		@Bean
		Clock ownClock() {
			return CLOCK;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class CustomizerConfiguration {

		@Bean
		MeterRegistryCustomizer<PrometheusMeterRegistry> prometheusCustomizer() {
			return (registry) -> registry.config().commonTags("by", "type");
		}

		@Bean
		MeterRegistryCustomizer<JmxMeterRegistry> jmxCustomizer() {
			return (registry) -> registry.config().commonTags("never", "seen");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class FilterConfiguration {

		@Bean
		MeterFilter secrets() {
			return new MeterFilter() {

				@Override
				public MeterFilterReply accept(Meter.Id id) {
					return id.getName().startsWith("secret") ? MeterFilterReply.DENY : MeterFilterReply.NEUTRAL;
				}

			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class BinderConfiguration {

		@Bean
		MeterBinder binder() {
			return (registry) -> registry.counter("bound");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class SecondRegistryConfiguration {

		@Bean
		SimpleMeterRegistry secondRegistry() {
			return new SimpleMeterRegistry();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class PrimaryRegistryConfiguration {

		@Bean
		@Primary
		SimpleMeterRegistry primaryRegistry() {
			return new SimpleMeterRegistry();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class SpanContextConfiguration {

		@Bean
		SpanContext spanContext() {
			return new SpanContext() {

				@Override
				public String getCurrentTraceId() {
					return "4bf92f3577b34da6";
				}

				@Override
				public String getCurrentSpanId() {
					return "00f067aa0ba902b7";
				}

				@Override
				public boolean isCurrentSpanSampled() {
					return true;
				}

				@Override
				public void markCurrentSpanAsExemplar() {
				}

			};
		}

	}

}
