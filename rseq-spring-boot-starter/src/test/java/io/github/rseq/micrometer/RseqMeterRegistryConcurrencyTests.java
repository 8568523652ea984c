package io.github.rseq.micrometer;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.CountingMode;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import io.github.rseq.Rseq;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Counting from many threads while the switch is flipped, while others scrape, and while
 * meters come and go.
 */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class RseqMeterRegistryConcurrencyTests {

	private static final int THREADS = 8 * Runtime.getRuntime().availableProcessors();

	private static final int COUNTS = 50_000;

	private final ExecutorService executor = Executors.newCachedThreadPool();

	private final AtomicBoolean done = new AtomicBoolean();

	private final List<Future<?>> background = new ArrayList<>();

	@BeforeEach
	void apply() {
		RseqMode.ACTIVE.apply();
	}

	@AfterEach
	void reset() {
		this.done.set(true);
		this.executor.shutdownNow();
		RseqMode.reset();
	}

	static Stream<MeterRegistry> registries() {
		return Stream.of(new RseqPrometheusMeterRegistry(PrometheusConfig.DEFAULT), new RseqSimpleMeterRegistry());
	}

	@ParameterizedTest
	@MethodSource("registries")
	void countsExactlyWhileTheSwitchIsFlipped(MeterRegistry registry) throws Exception {
		Counter counter = registry.counter("jobs");
		untilDone(this::flip);
		record(() -> {
			counter.increment();
			counter.increment(2);
			counter.increment(0.25);
		});
		assertThat(counter.count()).isEqualTo(3.25 * THREADS * COUNTS);
	}

	@ParameterizedTest
	@MethodSource("registries")
	void aCountNeverFallsWhileItIsRead(MeterRegistry registry) throws Exception {
		Counter counter = registry.counter("jobs");
		double[] last = new double[1];
		untilDone(this::flip);
		untilDone(() -> {
			double count = counter.count();
			assertThat(count).isGreaterThanOrEqualTo(last[0]);
			last[0] = count;
		});
		record(() -> {
			counter.increment();
			counter.increment(0.5);
		});
		assertThat(counter.count()).isEqualTo(1.5 * THREADS * COUNTS);
	}

	@Test
	void aScrapedCounterNeverFallsAndAScrapeNeverFails() throws Exception {
		RseqPrometheusMeterRegistry registry = new RseqPrometheusMeterRegistry(PrometheusConfig.DEFAULT);
		Counter counter = registry.counter("jobs");
		Timer timer = Timer.builder("calls").publishPercentileHistogram().publishPercentiles(0.9).register(registry);
		double[] last = new double[1];
		untilDone(this::flip);
		untilDone(() -> {
			double count = scraped(registry.scrape(), "jobs_total ");
			assertThat(count).isGreaterThanOrEqualTo(last[0]);
			last[0] = count;
		});
		record(() -> {
			counter.increment();
			timer.record(3, TimeUnit.MILLISECONDS);
		});
		assertThat(scraped(registry.scrape(), "jobs_total ")).isEqualTo((double) THREADS * COUNTS);
		assertThat(scraped(registry.scrape(), "calls_seconds_count ")).isEqualTo((double) THREADS * COUNTS);
	}

	@Test
	void stepsAddUpToEverythingCounted() throws Exception {
		MockClock clock = new MockClock();
		RseqSimpleMeterRegistry registry = new RseqSimpleMeterRegistry(SimpleConfigs.of(CountingMode.STEP), clock);
		Counter counter = registry.counter("jobs");
		double[] sum = new double[1];
		Runnable step = () -> {
			clock.add(SimpleConfigs.of(CountingMode.STEP).step());
			sum[0] += counter.count();
		};
		untilDone(this::flip);
		untilDone(step);
		record(() -> {
			counter.increment();
			counter.increment(0.5);
		});
		step.run();
		assertThat(sum[0]).isEqualTo(1.5 * THREADS * COUNTS);
	}

	@Test
	void metersMayComeAndGoDuringScrapes() throws Exception {
		RseqPrometheusMeterRegistry registry = new RseqPrometheusMeterRegistry(PrometheusConfig.DEFAULT,
				new PrometheusRegistry(), Clock.SYSTEM);
		untilDone(registry::scrape);
		List<Callable<Void>> churn = new ArrayList<>();
		for (int thread = 0; thread < 4; thread++) {
			String tag = Integer.toString(thread);
			churn.add(() -> {
				for (int i = 0; i < 5_000; i++) {
					Counter counter = registry.counter("jobs", "thread", tag);
					counter.increment();
					if (i % 2 == 0) {
						registry.remove(counter);
					}
				}
				return null;
			});
		}
		for (Future<Void> future : this.executor.invokeAll(churn)) {
			future.get();
		}
		stop();
		assertThat(registry.scrape().lines().filter((line) -> line.startsWith("jobs_total{"))).hasSize(4);
	}

	private void flip() {
		Rseq.setEnabled(!Rseq.isEnabled());
	}

	private static double scraped(String text, String start) {
		return text.lines()
			.filter((line) -> line.startsWith(start))
			.mapToDouble((line) -> Double.parseDouble(line.substring(start.length())))
			.findFirst()
			.orElseThrow();
	}

	private void untilDone(Runnable action) {
		this.background.add(this.executor.submit(() -> {
			while (!this.done.get()) {
				action.run();
				Thread.yield();
			}
		}));
	}

	private void record(Runnable action) throws Exception {
		List<Callable<Void>> recorders = new ArrayList<>();
		for (int thread = 0; thread < THREADS; thread++) {
			recorders.add(() -> {
				for (int i = 0; i < COUNTS; i++) {
					action.run();
				}
				return null;
			});
		}
		for (Future<Void> future : this.executor.invokeAll(recorders)) {
			future.get();
		}
		stop();
	}

	private void stop() throws Exception {
		this.done.set(true);
		for (Future<?> future : this.background) {
			future.get();
		}
	}

}
