package io.github.rseq.benchmarks;

import java.util.Locale;

import io.github.rseq.micrometer.RseqPrometheusMeterRegistry;
import io.github.rseq.micrometer.RseqSimpleMeterRegistry;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * A timer of each kind, and a summary, of a Micrometer registry with the system's clock,
 * held in fields as applications do that care. A fork records to one of them.
 */
public abstract class MicrometerMeters {

	final MeterRegistry registry;

	final Timer timer;

	final Timer sloBuckets;

	final Timer histogram;

	final Timer percentiles;

	final Timer histogramAndPercentiles;

	final DistributionSummary summary;

	MicrometerMeters(MeterRegistry registry) {
		this.registry = registry;
		this.timer = timer(MeterKind.TIMER);
		this.sloBuckets = timer(MeterKind.SLO_BUCKETS);
		this.histogram = timer(MeterKind.HISTOGRAM);
		this.percentiles = timer(MeterKind.PERCENTILES);
		this.histogramAndPercentiles = timer(MeterKind.HISTOGRAM_AND_PERCENTILES);
		this.summary = MeterKind.SUMMARY.summary(registry, "summary", "/");
	}

	private Timer timer(MeterKind kind) {
		return kind.timer(this.registry, kind.name().toLowerCase(Locale.ROOT), "/");
	}

	private static MeterRegistry ours(Mode mode, boolean prometheus) {
		mode.apply();
		return prometheus ? new RseqPrometheusMeterRegistry(PrometheusConfig.DEFAULT) : new RseqSimpleMeterRegistry();
	}

	/**
	 * Stock, Prometheus.
	 */
	@State(Scope.Benchmark)
	public static class StockPrometheus extends MicrometerMeters {

		/**
		 * Stock meters.
		 */
		public StockPrometheus() {
			super(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
		}

	}

	/**
	 * Stock, Simple.
	 */
	@State(Scope.Benchmark)
	public static class StockSimple extends MicrometerMeters {

		/**
		 * Stock meters.
		 */
		public StockSimple() {
			super(new SimpleMeterRegistry());
		}

	}

	/**
	 * Ours, Prometheus.
	 */
	@State(Scope.Benchmark)
	public static class OurPrometheus extends MicrometerMeters {

		/**
		 * Meters that record per CPU.
		 */
		public OurPrometheus() {
			super(ours(Mode.ON, true));
		}

	}

	/**
	 * Ours, Simple.
	 */
	@State(Scope.Benchmark)
	public static class OurSimple extends MicrometerMeters {

		/**
		 * Meters that record per CPU.
		 */
		public OurSimple() {
			super(ours(Mode.ON, false));
		}

	}

	/**
	 * Ours, Prometheus, switched off.
	 */
	@State(Scope.Benchmark)
	public static class OffPrometheus extends MicrometerMeters {

		/**
		 * Meters that record to their fallback.
		 */
		public OffPrometheus() {
			super(ours(Mode.OFF, true));
		}

	}

	/**
	 * Ours, Simple, switched off.
	 */
	@State(Scope.Benchmark)
	public static class OffSimple extends MicrometerMeters {

		/**
		 * Meters that record to their fallback.
		 */
		public OffSimple() {
			super(ours(Mode.OFF, false));
		}

	}

}
