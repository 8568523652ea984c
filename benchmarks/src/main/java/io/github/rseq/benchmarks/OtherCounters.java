package io.github.rseq.benchmarks;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

import io.opentelemetry.api.metrics.DoubleCounter;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import org.jctools.counters.CountersFactory;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What others count with, each as its own documentation sets it up.
 */
public final class OtherCounters {

	private OtherCounters() {
	}

	/**
	 * The JDK's.
	 */
	@State(Scope.Benchmark)
	public static class Jdk {

		final AtomicLong atomicLong = new AtomicLong();

		final LongAdder longAdder = new LongAdder();

		final DoubleAdder doubleAdder = new DoubleAdder();

	}

	/**
	 * JCTools.
	 */
	@State(Scope.Benchmark)
	public static class JcTools {

		final org.jctools.counters.Counter counter = CountersFactory
			.createFixedSizeStripedCounter(Runtime.getRuntime().availableProcessors());

	}

	/**
	 * Dropwizard Metrics.
	 */
	@State(Scope.Benchmark)
	public static class Dropwizard {

		final com.codahale.metrics.Counter counter = new com.codahale.metrics.MetricRegistry().counter("requests");

	}

	/**
	 * Prometheus client_java. Without exemplars, which Micrometer's counters do not
	 * sample either unless there is a tracer.
	 */
	@State(Scope.Benchmark)
	public static class ClientJava {

		final Counter counter = Counter.builder()
			.name("requests_total")
			.withoutExemplars()
			.register(new PrometheusRegistry());

	}

	/**
	 * The OpenTelemetry SDK.
	 */
	@State(Scope.Benchmark)
	public static class OpenTelemetry {

		private final SdkMeterProvider provider = SdkMeterProvider.builder()
			.registerMetricReader(new CumulativeReader())
			.build();

		final LongCounter longCounter = this.provider.get("benchmarks").counterBuilder("requests").build();

		final DoubleCounter doubleCounter = this.provider.get("benchmarks")
			.counterBuilder("seconds")
			.ofDoubles()
			.build();

	}

}
