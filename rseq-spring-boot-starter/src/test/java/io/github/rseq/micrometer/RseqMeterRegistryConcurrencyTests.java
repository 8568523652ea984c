package io.github.rseq.micrometer;

import java.time.Duration;
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
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
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

	@ParameterizedTest
	@MethodSource("registries")
	void recordsExactlyWhileTheSwitchIsFlipped(MeterRegistry registry) throws Exception {
		Timer timer = registry.timer("calls");
		Timer buckets = Timer.builder("calls.buckets")
			.serviceLevelObjectives(Duration.ofNanos(10), Duration.ofNanos(100))
			.distributionStatisticExpiry(Duration.ofHours(1))
			.register(registry);
		DistributionSummary summary = registry.summary("sizes");
		untilDone(this::flip);
		record(() -> {
			timer.record(3, TimeUnit.NANOSECONDS);
			buckets.record(10, TimeUnit.NANOSECONDS);
			buckets.record(11, TimeUnit.NANOSECONDS);
			buckets.record(101, TimeUnit.NANOSECONDS);
			summary.record(0.25);
		});
		long records = (long) THREADS * COUNTS;
		assertThat(timer.count()).isEqualTo(records);
		assertThat(timer.totalTime(TimeUnit.NANOSECONDS)).isEqualTo(3.0 * records);
		assertThat(timer.max(TimeUnit.NANOSECONDS)).isEqualTo(3);
		assertThat(buckets.count()).isEqualTo(3 * records);
		assertThat(buckets.takeSnapshot().histogramCounts()).extracting(CountAtBucket::count)
			.containsExactly((double) records, 2.0 * records);
		assertThat(summary.count()).isEqualTo(records);
		assertThat(summary.totalAmount()).isEqualTo(0.25 * records);
		assertThat(summary.max()).isEqualTo(0.25);
	}

	@Test
	void aScrapedHistogramNeverFallsAndIsConsistent() throws Exception {
		RseqPrometheusMeterRegistry registry = new RseqPrometheusMeterRegistry(PrometheusConfig.DEFAULT);
		Timer timer = Timer.builder("calls")
			.serviceLevelObjectives(Duration.ofSeconds(1), Duration.ofSeconds(2))
			.register(registry);
		String[] starts = { "calls_seconds_bucket{le=\"1.0\"} ", "calls_seconds_bucket{le=\"2.0\"} ",
				"calls_seconds_bucket{le=\"+Inf\"} ", "calls_seconds_count ", "calls_seconds_sum " };
		double[] last = new double[starts.length];
		untilDone(this::flip);
		untilDone(() -> {
			String text = registry.scrape();
			double[] now = Stream.of(starts).mapToDouble((start) -> scraped(text, start)).toArray();
			for (int i = 0; i < now.length; i++) {
				assertThat(now[i]).as(starts[i]).isGreaterThanOrEqualTo(last[i]);
				last[i] = now[i];
			}
			// Nothing is recorded above two seconds: no value may seem to be.
			assertThat(now[2]).isEqualTo(now[1]).isEqualTo(now[3]);
		});
		record(() -> {
			timer.record(1, TimeUnit.SECONDS);
			timer.record(2, TimeUnit.SECONDS);
		});
		double records = THREADS * COUNTS;
		String text = registry.scrape();
		assertThat(Stream.of(starts).mapToDouble((start) -> scraped(text, start)).toArray()).containsExactly(records,
				2 * records, 2 * records, 2 * records, 3 * records);
	}

	@ParameterizedTest
	@MethodSource("registries")
	void noValueIsCountedBeforeItIsInABucket(MeterRegistry registry) throws Exception {
		Timer timer = Timer.builder("calls")
			.serviceLevelObjectives(Duration.ofSeconds(1))
			.distributionStatisticExpiry(Duration.ofHours(1))
			.register(registry);
		untilDone(this::flip);
		untilDone(() -> {
			HistogramSnapshot snapshot = timer.takeSnapshot();
			assertThat(snapshot.histogramCounts()[0].count()).isGreaterThanOrEqualTo(snapshot.count());
		});
		record(() -> timer.record(1, TimeUnit.SECONDS));
		assertThat(timer.takeSnapshot().histogramCounts()[0].count()).isEqualTo((double) THREADS * COUNTS);
	}

	@Test
	void stepsAddUpToEverythingRecorded() throws Exception {
		MockClock clock = new MockClock();
		RseqSimpleMeterRegistry registry = new RseqSimpleMeterRegistry(SimpleConfigs.of(CountingMode.STEP), clock);
		Timer timer = registry.timer("calls");
		DistributionSummary summary = registry.summary("sizes");
		double[] sums = new double[4];
		Runnable step = () -> {
			clock.add(SimpleConfigs.of(CountingMode.STEP).step());
			sums[0] += timer.count();
			sums[1] += timer.totalTime(TimeUnit.NANOSECONDS);
			sums[2] += summary.count();
			sums[3] += summary.totalAmount();
		};
		untilDone(this::flip);
		untilDone(step);
		record(() -> {
			timer.record(3, TimeUnit.NANOSECONDS);
			summary.record(5);
			summary.record(0.25);
		});
		step.run();
		double records = THREADS * COUNTS;
		assertThat(sums).containsExactly(records, 3 * records, 2 * records, 5.25 * records);
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
