package io.github.rseq.micrometer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.github.rseq.Rseq;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RseqMetrics}.
 */
class RseqMetricsTests {

	private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

	@AfterEach
	void reset() {
		RseqMode.reset();
	}

	@Test
	void describesEveryMeter() {
		new RseqMetrics().bindTo(this.registry);
		assertThat(this.registry.getMeters()).extracting((meter) -> meter.getId().getName())
			.containsExactlyInAnyOrder("rseq.available", "rseq.enabled", "rseq.aborts", "rseq.fallback.records",
					"rseq.memory.used");
		assertThat(this.registry.getMeters()).extracting((Meter meter) -> meter.getId().getDescription())
			.doesNotContainNull();
	}

	@Test
	void tellsThatRseqIsThereAndSwitchedOn() {
		RseqMode.ACTIVE.apply();
		new RseqMetrics().bindTo(this.registry);
		assertThat(gauge("rseq.available")).isEqualTo(1);
		assertThat(gauge("rseq.enabled")).isEqualTo(1);
	}

	@Test
	void tellsThatRseqIsSwitchedOff() {
		RseqMode.SWITCHED_OFF.apply();
		new RseqMetrics().bindTo(this.registry);
		assertThat(gauge("rseq.available")).isEqualTo(1);
		assertThat(gauge("rseq.enabled")).isZero();
	}

	@Test
	void tellsThatRseqCannotBeHad() {
		RseqMode.UNAVAILABLE.apply();
		new RseqMetrics().bindTo(this.registry);
		assertThat(gauge("rseq.available")).isZero();
	}

	@Test
	void readsTheStatusWhenAsked() {
		RseqMode.applyPerCpu();
		new RseqMetrics().bindTo(this.registry);
		double before = gauge("rseq.memory.used");
		Counter counter = new RseqSimpleMeterRegistry().counter("jobs");
		counter.increment();
		assertThat(gauge("rseq.memory.used")).isGreaterThan(before);
		assertThat(this.registry.get("rseq.aborts").functionCounter().count())
			.isLessThanOrEqualTo(Rseq.status().aborts().total());
		assertThat(this.registry.get("rseq.fallback.records").functionCounter().count())
			.isLessThanOrEqualTo(Rseq.status().aborts().fallback());
		assertThat(counter.count()).isEqualTo(1);
	}

	@Test
	void hasTheNamesPrometheusExpects() {
		RseqPrometheusMeterRegistry prometheus = new RseqPrometheusMeterRegistry(PrometheusConfig.DEFAULT);
		new RseqMetrics().bindTo(prometheus);
		assertThat(prometheus.scrape()).contains("# TYPE rseq_available gauge", "# TYPE rseq_enabled gauge",
				"# TYPE rseq_aborts_total counter", "# TYPE rseq_fallback_records_total counter",
				"# TYPE rseq_memory_used_bytes gauge");
	}

	private double gauge(String name) {
		return this.registry.get(name).gauge().value();
	}

}
