package io.github.rseq.benchmarks;

import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;

import io.github.rseq.micrometer.RseqPrometheusMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * Scraping a registry of {@value #METERS} meters, a third each counters, timers and
 * timers with a percentile histogram.
 */
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
public class MixedScrapeBenchmark {

	static final int METERS = 10_000;

	/**
	 * The stock registry.
	 * @param registry what is measured
	 * @throws IOException never
	 */
	@Benchmark
	public void stockPrometheus(Stock registry) throws IOException {
		registry.scrape();
	}

	/**
	 * Ours.
	 * @param registry what is measured
	 * @throws IOException never
	 */
	@Benchmark
	public void ourPrometheus(Ours registry) throws IOException {
		registry.scrape();
	}

	/**
	 * A registry full of meters.
	 */
	public abstract static class Registry {

		private static final int TAGS = 100;

		private static final int RECORDS = 20;

		private final PrometheusMeterRegistry registry;

		Registry(PrometheusMeterRegistry registry) {
			this.registry = registry;
			Latencies latencies = new Latencies();
			for (int i = 0; i < METERS; i++) {
				fill(i % 3, "." + i / (3 * TAGS), "/" + i / 3 % TAGS, latencies);
			}
		}

		private void fill(int kind, String name, String uri, Latencies latencies) {
			if (kind == 0) {
				MeterKind.COUNTER.counter(this.registry, "counter" + name, uri).increment();
				return;
			}
			MeterKind timer = (kind == 1) ? MeterKind.TIMER : MeterKind.HISTOGRAM;
			for (int i = 0; i < RECORDS; i++) {
				timer.timer(this.registry, ((kind == 1) ? "timer" : "histogram") + name, uri)
					.record(latencies.nanos(), TimeUnit.NANOSECONDS);
			}
		}

		void scrape() throws IOException {
			this.registry.scrape(OutputStream.nullOutputStream());
		}

	}

	/**
	 * Stock.
	 */
	@State(Scope.Benchmark)
	public static class Stock extends Registry {

		/**
		 * A stock registry.
		 */
		public Stock() {
			super(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
		}

	}

	/**
	 * Ours.
	 */
	@State(Scope.Benchmark)
	public static class Ours extends Registry {

		/**
		 * A registry whose meters record per CPU.
		 */
		public Ours() {
			super(registry());
		}

		private static PrometheusMeterRegistry registry() {
			Mode.ON.apply();
			return new RseqPrometheusMeterRegistry(PrometheusConfig.DEFAULT);
		}

	}

}
