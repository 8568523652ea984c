package io.github.rseq.micrometer;

import java.util.stream.DoubleStream;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what {@link RseqMeters} tells of meters that are too large for per-CPU cells.
 */
class MeterLimitsTests {

	private final RseqPrometheusMeterRegistry registry = new RseqPrometheusMeterRegistry(PrometheusConfig.DEFAULT);

	@Test
	void tellsNothingOfWhatRecordsPerCpu() {
		Timer.builder("plain").publishPercentiles(0.5).publishPercentileHistogram().register(this.registry);
		assertThat(this.registry.meterSummary().limits()).isEmpty();
	}

	@Test
	void tellsOfAPrecisionThatIsTooHigh() {
		Timer timer = Timer.builder("precise").publishPercentiles(0.5).percentilePrecision(5).register(this.registry);
		timer.record(java.time.Duration.ofMillis(3));
		assertThat(timer.count()).isOne();
		assertThat(timer.takeSnapshot().percentileValues()).hasSize(1);
		assertThat(this.registry.meterSummary().limits()).containsOnlyKeys("precise");
		assertThat(this.registry.meterSummary().limits().get("precise")).contains("precision of 5");
	}

	@Test
	void tellsOfMoreBucketsThanARowHolds() {
		DistributionSummary summary = DistributionSummary.builder("wide")
			.serviceLevelObjectives(DoubleStream.iterate(1, (bound) -> bound + 1).limit(9000).toArray())
			.register(this.registry);
		summary.record(8999.5);
		assertThat(this.registry.scrape()).contains("wide_bucket{le=\"8999.0\"} 0", "wide_bucket{le=\"9000.0\"} 1");
		assertThat(this.registry.meterSummary().limits().get("wide")).contains("9000 buckets");
	}

	@Test
	void tellsOfAWindowThatIsTooLong() {
		DistributionSummary summary = DistributionSummary.builder("long")
			.distributionStatisticBufferLength(2000)
			.register(this.registry);
		summary.record(7);
		assertThat(summary.max()).isEqualTo(7);
		assertThat(this.registry.meterSummary().limits().get("long")).contains("buffer length of 2000");
	}

}
