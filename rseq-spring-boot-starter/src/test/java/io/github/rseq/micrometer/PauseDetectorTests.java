package io.github.rseq.micrometer;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.core.instrument.distribution.pause.ClockDriftPauseDetector;
import io.micrometer.core.instrument.simple.CountingMode;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Micrometer's pause detector with real pauses: this JVM is stopped and continued by a
 * signal. What a timer missed meanwhile is recorded by the detector's thread, by way of
 * the same timer.
 */
@EnabledOnOs(OS.LINUX)
class PauseDetectorTests {

	// The estimate of the interval between records takes 128 of them.
	private static final int RECORDS = 300;

	private static final long RECORD_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

	@AfterEach
	void reset() {
		RseqMode.reset();
	}

	// Stock first: where it sees no pause there is nothing to compare with.
	static Stream<MeterRegistry> registries() {
		return Stream.of(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
				new RseqPrometheusMeterRegistry(PrometheusConfig.DEFAULT),
				new RseqSimpleMeterRegistry(SimpleConfigs.of(CountingMode.CUMULATIVE), Clock.SYSTEM));
	}

	@ParameterizedTest
	@MethodSource("registries")
	void recordsWhatAPauseHid(MeterRegistry registry) throws Exception {
		RseqMode.ACTIVE.apply();
		registry.config().pauseDetector(new ClockDriftPauseDetector(Duration.ofMillis(10), Duration.ofMillis(100)));
		Timer timer = Timer.builder("calls").serviceLevelObjectives(Duration.ofMillis(20)).register(registry);
		for (int attempt = 0; attempt < 5 && timer.count() <= RECORDS; attempt++) {
			for (int i = 0; i < RECORDS && timer.count() < RECORDS; i++) {
				timer.record(RECORD_NANOS, TimeUnit.NANOSECONDS);
				Thread.sleep(2);
			}
			pause();
			for (int i = 0; i < 50 && timer.count() <= RECORDS; i++) {
				Thread.sleep(20);
			}
		}
		registry.close();
		HistogramSnapshot snapshot = timer.takeSnapshot();
		if (registry.getClass() == PrometheusMeterRegistry.class) {
			assumeThat(snapshot.count()).as("Micrometer's own timer sees the pause").isGreaterThan(RECORDS);
			return;
		}
		assertThat(snapshot.count()).isGreaterThan(RECORDS);
		// The first value added is the pause, each further one is shorter by an interval.
		assertThat(snapshot.max(TimeUnit.MILLISECONDS)).isGreaterThan(100);
		assertThat(snapshot.total(TimeUnit.NANOSECONDS)).isGreaterThan(RECORDS * RECORD_NANOS);
		assertThat(snapshot.histogramCounts()[0].count()).isBetween((double) RECORDS, snapshot.count() - 1.0);
		assertThat(timer.totalTime(TimeUnit.NANOSECONDS)).isCloseTo(snapshot.total(TimeUnit.NANOSECONDS), within(0.5));
	}

	private static void pause() throws IOException, InterruptedException {
		long self = ProcessHandle.current().pid();
		Process process = new ProcessBuilder("sh", "-c", "kill -STOP " + self + "; sleep 0.4; kill -CONT " + self)
			.start();
		assertThat(process.waitFor()).isZero();
	}

}
