package io.github.rseq.micrometer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Properties;
import java.util.Random;
import java.util.stream.LongStream;

import io.micrometer.core.instrument.MockClock;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.tracer.common.SpanContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import io.github.rseq.Rseq;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link RseqPrometheusMeterRegistry} beside the stock one: whatever is done to both,
 * they export the same bytes.
 */
class RseqPrometheusMeterRegistryTwinTests {

	private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

	private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

	private static final String PROTOBUF = "application/vnd.google.protobuf; "
			+ "proto=io.prometheus.client.MetricFamily; encoding=delimited";

	private static final int STEPS = 3000;

	@AfterEach
	void reset() {
		RseqMode.reset();
	}

	// Some fixed seeds, and one that nobody has tried yet; it is in the test's name.
	static LongStream seeds() {
		return LongStream.concat(LongStream.rangeClosed(1, 6), LongStream.of(new Random().nextInt(1_000_000)));
	}

	@ParameterizedTest(name = "seed {0}")
	@MethodSource("seeds")
	void exportsTheSameBytes(long seed) throws IOException {
		RseqMode.ACTIVE.apply();
		assertSameBytes(seed, false);
	}

	@ParameterizedTest(name = "seed {0}")
	@MethodSource("seeds")
	void exportsTheSameBytesWhileSwitchedOnAndOff(long seed) throws IOException {
		RseqMode.ACTIVE.apply();
		assertSameBytes(seed, true);
	}

	@ParameterizedTest
	@EnumSource(names = { "SWITCHED_OFF", "UNAVAILABLE" })
	void exportsTheSameBytesOnTheFallback(RseqMode mode) throws IOException {
		mode.apply();
		assertSameBytes(mode.ordinal(), false);
	}

	private void assertSameBytes(long seed, boolean flip) throws IOException {
		MockClock clock = new MockClock();
		MeterTwin<PrometheusMeterRegistry> twin = new MeterTwin<>(seed, false, false,
				(rseq) -> registry(rseq, clock, seed, null), clock);
		Random random = new Random(seed);
		int scrapes = 0;
		for (int step = 1; step <= STEPS; step++) {
			if (flip && random.nextInt(50) == 0) {
				Rseq.setEnabled(random.nextBoolean());
			}
			twin.step();
			if (step % 100 == 0) {
				twin.compare();
				String expected = text(twin.stock(), TEXT);
				scrapes += expected.contains("# HELP") ? 1 : 0;
				assertThat(text(twin.rseq(), TEXT)).as("seed %d, step %d", seed, step).isEqualTo(expected);
				assertThat(text(twin.rseq(), OPEN_METRICS)).as("seed %d, step %d", seed, step)
					.isEqualTo(text(twin.stock(), OPEN_METRICS));
				assertThat(scrape(twin.rseq(), PROTOBUF)).as("seed %d, step %d", seed, step)
					.isEqualTo(scrape(twin.stock(), PROTOBUF));
			}
		}
		// Names may clash so that scrapes fail, in both; not all of them must.
		assertThat(scrapes).as("successful scrapes, seed %d", seed).isPositive();
	}

	@ParameterizedTest(name = "seed {0}")
	@MethodSource("seeds")
	void exportsTheSameExemplars(long seed) throws IOException {
		RseqMode.ACTIVE.apply();
		MockClock clock = new MockClock();
		Span span = new Span();
		MeterTwin<PrometheusMeterRegistry> twin = new MeterTwin<>(seed, false, false,
				(rseq) -> registry(rseq, clock, seed, span), clock);
		int exemplars = 0;
		for (int step = 1; step <= STEPS; step++) {
			span.step = step;
			twin.step();
			if (step % 200 == 0) {
				String expected = withoutExemplarTimes(text(twin.stock(), OPEN_METRICS));
				exemplars += expected.split("trace_id", -1).length - 1;
				assertThat(withoutExemplarTimes(text(twin.rseq(), OPEN_METRICS))).as("seed %d, step %d", seed, step)
					.isEqualTo(expected);
			}
		}
		assertThat(exemplars).isPositive();
	}

	@ParameterizedTest(name = "seed {0}")
	@MethodSource("seeds")
	void exportsTheSameStructureAndNearlyTheSameValuesWhereTheyRound(long seed) throws IOException {
		RseqMode.ACTIVE.apply();
		MockClock clock = new MockClock();
		MeterTwin<PrometheusMeterRegistry> twin = new MeterTwin<>(seed, false, true,
				(rseq) -> registry(rseq, clock, seed, null), clock);
		for (int step = 1; step <= STEPS; step++) {
			twin.step();
			if (step % 200 == 0) {
				twin.compare();
				assertThat(withoutValues(text(twin.rseq(), TEXT))).as("seed %d, step %d", seed, step)
					.isEqualTo(withoutValues(text(twin.stock(), TEXT)));
			}
		}
	}

	private static PrometheusMeterRegistry registry(boolean rseq, MockClock clock, long seed,
			@Nullable SpanContext spanContext) {
		PrometheusConfig config = new Config(seed % 2 == 0);
		PrometheusMeterRegistry registry = rseq
				? new RseqPrometheusMeterRegistry(config, new PrometheusRegistry(), clock, spanContext)
				: new PrometheusMeterRegistry(config, new PrometheusRegistry(), clock, spanContext);
		if (seed % 3 == 0) {
			registry.throwExceptionOnRegistrationFailure();
		}
		return registry;
	}

	private static byte[] scrape(PrometheusMeterRegistry registry, String format) throws IOException {
		ByteArrayOutputStream scraped = new ByteArrayOutputStream();
		try {
			registry.scrape(scraped, format);
		}
		catch (RuntimeException ex) {
			return ex.toString().getBytes(StandardCharsets.UTF_8);
		}
		return scraped.toByteArray();
	}

	private static String text(PrometheusMeterRegistry registry, String format) throws IOException {
		return new String(scrape(registry, format), StandardCharsets.UTF_8);
	}

	// An exemplar's time is read from the system's clock.
	private static String withoutExemplarTimes(String text) {
		return text.replaceAll("(# \\{.*?\\} \\S+) \\S+", "$1");
	}

	private static String withoutValues(String text) {
		StringBuilder structure = new StringBuilder();
		Arrays.stream(text.split("\n"))
			.map((line) -> line.startsWith("#") || line.isEmpty() ? line : line.substring(0, line.lastIndexOf(' ')))
			.forEach((line) -> structure.append(line).append('\n'));
		return structure.toString();
	}

	/**
	 * A configuration with every part of an export switched on. The first observation is
	 * an exemplar, and no other for an hour of the system's clock.
	 */
	private record Config(boolean descriptions) implements PrometheusConfig {

		@Override
		public @Nullable String get(String key) {
			return null;
		}

		@Override
		public Properties prometheusProperties() {
			Properties properties = new Properties();
			properties.setProperty("io.prometheus.exporter.include_created_timestamps", "true");
			properties.setProperty("io.prometheus.exporter.exemplars_on_all_metric_types", "true");
			properties.setProperty("io.prometheus.exemplars.sample_interval_milliseconds", "3600000");
			return properties;
		}

	}

	private static final class Span implements SpanContext {

		private int step;

		@Override
		public String getCurrentTraceId() {
			return String.format("%032x", this.step);
		}

		@Override
		public String getCurrentSpanId() {
			return String.format("%016x", this.step);
		}

		@Override
		public boolean isCurrentSpanSampled() {
			return this.step % 3 != 0;
		}

		@Override
		public void markCurrentSpanAsExemplar() {
		}

	}

}
