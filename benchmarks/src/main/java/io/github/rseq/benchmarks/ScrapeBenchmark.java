package io.github.rseq.benchmarks;

import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;

import io.github.rseq.micrometer.RseqPrometheusMeterRegistry;
import io.micrometer.core.instrument.Counter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * Scraping a registry of {@value #METERS} counters: the price of reading as many cells as
 * there are CPUs. Half of the counters have seen fractions, and so have cells of both
 * kinds.
 */
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
public class ScrapeBenchmark {

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
	 * A registry full of counters.
	 */
	public abstract static class Registry {

		private static final int TAGS = 100;

		private final PrometheusMeterRegistry registry;

		Registry(PrometheusMeterRegistry registry) {
			this.registry = registry;
			for (int i = 0; i < METERS; i++) {
				Counter counter = Counter.builder("requests." + i / TAGS).tag("uri", "/" + i % TAGS).register(registry);
				counter.increment();
				if (i % 2 == 0) {
					counter.increment(0.5);
				}
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
		 * A registry whose counters record per CPU.
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
