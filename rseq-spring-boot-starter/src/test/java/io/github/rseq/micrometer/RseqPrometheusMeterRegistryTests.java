package io.github.rseq.micrometer;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.config.NamingConvention;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.tracer.common.SpanContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.github.rseq.Rseq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link RseqPrometheusMeterRegistry} that need no stock registry beside it.
 */
class RseqPrometheusMeterRegistryTests {

	private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

	private final PrometheusRegistry prometheus = new PrometheusRegistry();

	private final RseqPrometheusMeterRegistry registry = new RseqPrometheusMeterRegistry(PrometheusConfig.DEFAULT,
			this.prometheus, Clock.SYSTEM);

	@AfterEach
	void reset() {
		RseqMode.reset();
	}

	@Test
	void registersWithTheGivenPrometheusRegistry() {
		this.registry.counter("jobs").increment();
		assertThat(this.prometheus.scrape()).extracting((snapshot) -> snapshot.getMetadata().getName())
			.containsExactly("jobs");
	}

	@Test
	void twoRegistriesOverOnePrometheusRegistryExportBoth() {
		PrometheusMeterRegistry stock = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, this.prometheus,
				Clock.SYSTEM);
		stock.counter("stock").increment();
		this.registry.counter("rseq").increment();
		assertThat(stock.scrape()).isEqualTo(this.registry.scrape()).contains("stock_total 1.0", "rseq_total 1.0");
	}

	@Test
	void removedMetersLeaveNothingBehind() {
		Counter counter = this.registry.counter("jobs");
		this.registry.remove(counter);
		assertThat(this.prometheus.scrape()).isEmpty();
		this.registry.gauge("jobs", 3);
		assertThat(this.registry.scrape()).contains("# TYPE jobs gauge");
	}

	@Test
	void counterIgnoresWhatIsNotGreaterThanZero() {
		Counter counter = this.registry.counter("jobs");
		counter.increment(0);
		counter.increment(-1);
		counter.increment(-0.5);
		counter.increment(Double.NaN);
		counter.increment(Double.NEGATIVE_INFINITY);
		assertThat(counter.count()).isZero();
	}

	@Test
	void counterOfEitherIncrementHasAnExemplar() throws Exception {
		RseqPrometheusMeterRegistry traced = new RseqPrometheusMeterRegistry(PrometheusConfig.DEFAULT,
				new PrometheusRegistry(), Clock.SYSTEM, new TestSpanContext());
		traced.counter("one").increment();
		traced.counter("some").increment(2.5);
		String scraped = traced.scrape(OPEN_METRICS);
		assertThat(scraped).containsPattern(
				"one_total 1\\.0 # \\{span_id=\"00f067aa0ba902b7\",trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\"\\} 1\\.0 ");
		assertThat(scraped).containsPattern("some_total 2\\.5 # \\{span_id=.*\\} 2\\.5 ");
	}

	@Test
	void conflictsAreThrownWhereTheRegistryIsToldTo() {
		this.registry.throwExceptionOnRegistrationFailure();
		this.registry.counter("jobs.done");
		assertThatIllegalArgumentException().isThrownBy(() -> this.registry.counter("jobs_done"))
			.withMessageContaining("A meter with the same Prometheus name (jobs_done) is already registered.");
		assertThat(this.registry.scrape()).contains("jobs_done_total 0.0");
	}

	@Test
	void aMeterInConflictCountsButIsNotExported() {
		this.registry.counter("jobs.done");
		Counter conflicting = this.registry.counter("jobs_done", "a", "b");
		conflicting.increment();
		assertThat(conflicting.count()).isEqualTo(1);
		assertThat(this.registry.scrape()).doesNotContain("a=\"b\"");
	}

	@Test
	void duplicateLabelsDoNotFailTheScrape() {
		// Two tags that differ in Micrometer and are one label in Prometheus.
		this.registry.config().namingConvention(new NamingConvention() {

			@Override
			public String name(String name, Meter.Type type, @Nullable String baseUnit) {
				return name;
			}

			@Override
			public String tagKey(String key) {
				return "key";
			}

		});
		Gauge.builder("queue", () -> 1).tag("a", "x").register(this.registry);
		Gauge.builder("queue", () -> 2).tag("b", "x").register(this.registry);
		assertThat(this.registry.scrape().lines().filter((line) -> line.startsWith("queue{"))).hasSize(1);
	}

	@Test
	void aScrapeDoesNotAskTheNamingConvention() {
		AtomicInteger asked = new AtomicInteger();
		NamingConvention convention = this.registry.config().namingConvention();
		this.registry.config().namingConvention(new NamingConvention() {

			@Override
			public String name(String name, Meter.Type type, @Nullable String baseUnit) {
				asked.incrementAndGet();
				return convention.name(name, type, baseUnit);
			}

			@Override
			public String tagKey(String key) {
				asked.incrementAndGet();
				return convention.tagKey(key);
			}

		});
		this.registry.counter("jobs", "a", "b").increment();
		this.registry.timer("calls", "a", "b");
		int before = asked.get();
		this.registry.scrape();
		assertThat(asked).hasValue(before);
	}

	@Test
	void exportsJvmMetersAsTheStockRegistryDoes() {
		PrometheusMeterRegistry stock = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
		new JvmMemoryMetrics().bindTo(stock);
		new JvmMemoryMetrics().bindTo(this.registry);
		assertThat(withoutValues(this.registry.scrape())).isEqualTo(withoutValues(stock.scrape()));
	}

	@Test
	void tellsHowManyMetersRecordPerCpu() {
		this.registry.counter("jobs", "kind", "a");
		this.registry.counter("jobs", "kind", "b");
		this.registry.timer("calls");
		this.registry.summary("sizes");
		this.registry.gauge("level", 1);
		assertThat(this.registry.meterSummary().kinds()).containsOnly(entry("counter", 2, 0), entry("timer", 1, 0),
				entry("summary", 1, 0), entry("other", 0, 1));
	}

	@Test
	void tellsTheValuesOfOneName() {
		RseqMode.applyPerCpu();
		this.registry.counter("jobs", "kind", "b").increment(2);
		this.registry.counter("jobs", "kind", "a").increment(1);
		this.registry.gauge("level", 3);
		List<PerCpuMeterValue> values = this.registry.perCpuValues("jobs");
		assertThat(values).extracting((value) -> value.id().getTag("kind")).containsExactly("a", "b");
		assertThat(values).extracting(PerCpuMeterValue::total).containsExactly(1.0, 2.0);
		assertThat(values).extracting(PerCpuMeterValue::fallback).containsOnly(0.0);
		assertThat(this.registry.perCpuValues("level")).isEmpty();
		assertThat(this.registry.perCpuValues("unknown")).isEmpty();
	}

	@Test
	void tellsHowManyValuesATimerAndASummaryRecordedOnWhichCpu() {
		RseqMode.ACTIVE.apply();
		Timer timer = this.registry.timer("calls");
		DistributionSummary summary = this.registry.summary("sizes");
		for (int i = 0; i < 5; i++) {
			timer.record(3, TimeUnit.MILLISECONDS);
			summary.record(0.5);
		}
		Rseq.setEnabled(false);
		timer.record(3, TimeUnit.MILLISECONDS);
		summary.record(0.5);
		for (String name : List.of("calls", "sizes")) {
			assertThat(this.registry.perCpuValues(name)).singleElement().satisfies((value) -> {
				assertThat(value.total()).isEqualTo(6);
				assertThat(value.fallback()).isEqualTo(1);
				assertThat(value.perCpu().values().stream().mapToDouble(Double::doubleValue).sum()).isEqualTo(5);
			});
		}
	}

	private static Map.Entry<String, RseqMeterSummary.Kind> entry(String kind, int perCpu, int stock) {
		return Map.entry(kind, new RseqMeterSummary.Kind(perCpu, stock));
	}

	private static List<String> withoutValues(String text) {
		return text.lines()
			.map((line) -> line.startsWith("#") ? line : line.substring(0, line.lastIndexOf(' ')))
			.toList();
	}

	private static final class TestSpanContext implements SpanContext {

		@Override
		public String getCurrentTraceId() {
			return "4bf92f3577b34da6a3ce929d0e0e4736";
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

	}

}
