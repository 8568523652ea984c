package io.github.rseq.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongHistogram;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import org.HdrHistogram.Recorder;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What others record times with. Histograms have the buckets of
 * {@link Latencies#bounds()}.
 */
public final class OtherTimers {

	private static final double NANOS_PER_SECOND = 1e9;

	private OtherTimers() {
	}

	private static double[] seconds() {
		return Arrays.stream(Latencies.bounds()).mapToDouble((nanos) -> nanos / NANOS_PER_SECOND).toArray();
	}

	/**
	 * Prometheus client_java: the classic histogram, without exemplars.
	 */
	@State(Scope.Benchmark)
	public static class ClientJava {

		final Histogram histogram = Histogram.builder()
			.name("requests_seconds")
			.classicOnly()
			.classicUpperBounds(seconds())
			.withoutExemplars()
			.register(new PrometheusRegistry());

	}

	/**
	 * The OpenTelemetry SDK, explicit buckets.
	 */
	@State(Scope.Benchmark)
	public static class OpenTelemetry {

		private final SdkMeterProvider provider = SdkMeterProvider.builder()
			.registerMetricReader(new CumulativeReader())
			.build();

		final LongHistogram longHistogram = this.provider.get("benchmarks")
			.histogramBuilder("requests.nanos")
			.ofLongs()
			.setExplicitBucketBoundariesAdvice(boxed(Latencies.bounds()))
			.build();

		final DoubleHistogram doubleHistogram = this.provider.get("benchmarks")
			.histogramBuilder("requests.seconds")
			.setExplicitBucketBoundariesAdvice(Arrays.stream(seconds()).boxed().toList())
			.build();

		private static List<Long> boxed(long[] values) {
			return Arrays.stream(values).boxed().toList();
		}

	}

	/**
	 * HdrHistogram's recorder for many writers, one significant digit as Micrometer's
	 * percentiles have by default, up to an hour.
	 */
	@State(Scope.Benchmark)
	public static class HdrRecorder {

		final Recorder recorder = new Recorder(TimeUnit.HOURS.toNanos(1), 1);

	}

	/**
	 * Dropwizard Metrics, with the reservoir that it has by default.
	 */
	@State(Scope.Benchmark)
	public static class Dropwizard {

		final com.codahale.metrics.Timer timer = new com.codahale.metrics.MetricRegistry().timer("requests");

	}

}
