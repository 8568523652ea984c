package io.github.rseq.benchmarks;

import io.github.rseq.micrometer.RseqPrometheusMeterRegistry;
import io.github.rseq.micrometer.RseqSimpleMeterRegistry;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * A counter of a Micrometer registry, held in a field as applications do that care.
 */
public abstract class MicrometerCounters {

	final Counter counter;

	MicrometerCounters(MeterRegistry registry) {
		this.counter = Counter.builder("requests").tag("uri", "/").register(registry);
	}

	private static MeterRegistry ours(Mode mode, boolean prometheus) {
		mode.apply();
		return prometheus ? new RseqPrometheusMeterRegistry(PrometheusConfig.DEFAULT) : new RseqSimpleMeterRegistry();
	}

	/**
	 * Stock, Prometheus.
	 */
	@State(Scope.Benchmark)
	public static class StockPrometheus extends MicrometerCounters {

		/**
		 * A stock counter.
		 */
		public StockPrometheus() {
			super(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
		}

	}

	/**
	 * Stock, Simple.
	 */
	@State(Scope.Benchmark)
	public static class StockSimple extends MicrometerCounters {

		/**
		 * A stock counter.
		 */
		public StockSimple() {
			super(new SimpleMeterRegistry());
		}

	}

	/**
	 * Ours, Prometheus.
	 */
	@State(Scope.Benchmark)
	public static class OurPrometheus extends MicrometerCounters {

		/**
		 * A counter that records per CPU.
		 */
		public OurPrometheus() {
			super(ours(Mode.ON, true));
		}

	}

	/**
	 * Ours, Simple.
	 */
	@State(Scope.Benchmark)
	public static class OurSimple extends MicrometerCounters {

		/**
		 * A counter that records per CPU.
		 */
		public OurSimple() {
			super(ours(Mode.ON, false));
		}

	}

	/**
	 * Ours, Prometheus, switched off.
	 */
	@State(Scope.Benchmark)
	public static class OffPrometheus extends MicrometerCounters {

		/**
		 * A counter that records to its fallback.
		 */
		public OffPrometheus() {
			super(ours(Mode.OFF, true));
		}

	}

	/**
	 * Ours, Simple, switched off.
	 */
	@State(Scope.Benchmark)
	public static class OffSimple extends MicrometerCounters {

		/**
		 * A counter that records to its fallback.
		 */
		public OffSimple() {
			super(ours(Mode.OFF, false));
		}

	}

}
