package io.github.rseq.micrometer;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.LongTaskTimer;
import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.Statistic;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.HistogramSupport;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Does the same random things to a stock registry and to ours, by one clock, and compares
 * what can be seen of the meters. Amounts are whole, or fractions of 1024, or huge on
 * request, so that no order of additions rounds differently from another.
 */
final class MeterTwin<R extends MeterRegistry> {

	private static final String[] TAGS = { "", "uri=/a", "uri=/b", "uri=/a,status.code=200", "uri=/b,status.code=500",
			"with-dash=x y\"z\\,9lives=1" };

	private static final Statistic[] STATISTICS = Statistic.values();

	private final Random random;

	private final MockClock clock;

	private final boolean negative;

	private final boolean huge;

	private final R stock;

	private final R rseq;

	private final List<Pair<? extends Meter>> pairs = new ArrayList<>();

	private final List<Pair<LongTaskTimer.Sample>> samples = new ArrayList<>();

	private final List<String> stockFailures = new ArrayList<>();

	private final List<String> rseqFailures = new ArrayList<>();

	// What gauges and functions read; the registries hold it by weak references.
	private final List<double[]> sources = new ArrayList<>();

	/**
	 * Two registries without meters.
	 * @param seed decides everything
	 * @param negative whether counters are given what only some of them take: negative
	 * amounts, NaN and infinities
	 * @param huge whether counters are given amounts that round
	 * @param factory makes both registries: the stock one if given {@code false}
	 * @param clock the clock of both
	 */
	MeterTwin(long seed, boolean negative, boolean huge, Function<Boolean, R> factory, MockClock clock) {
		this.random = new Random(seed);
		this.clock = clock;
		this.negative = negative;
		this.huge = huge;
		this.stock = configure(factory.apply(false), this.stockFailures);
		this.rseq = configure(factory.apply(true), this.rseqFailures);
	}

	private R configure(R registry, List<String> failures) {
		registry.config().onMeterRegistrationFailed((id, message) -> failures.add(id + ": " + message));
		registry.config().commonTags("region", "eu");
		registry.config().meterFilter(MeterFilter.denyNameStartsWith("denied"));
		registry.config().meterFilter(new MeterFilter() {

			@Override
			public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
				return distributionConfig(id).merge(config);
			}

		});
		return registry;
	}

	private static DistributionStatisticConfig distributionConfig(Meter.Id id) {
		DistributionStatisticConfig.Builder config = DistributionStatisticConfig.builder();
		String name = id.getName();
		if (name.contains("slo")) {
			config.serviceLevelObjectives(1e6, 2e8, 3e9, 64e9);
		}
		if (name.contains("inf")) {
			config.serviceLevelObjectives(1e6, 2e8, Double.POSITIVE_INFINITY);
		}
		if (name.contains("histogram")) {
			config.percentilesHistogram(true);
		}
		if (name.contains("percentiles")) {
			config.percentiles(0.5, 0.95, 1).percentilePrecision(2);
		}
		if (name.contains("short")) {
			config.expiry(Duration.ofSeconds(3)).bufferLength(2);
		}
		return config.build();
	}

	R stock() {
		return this.stock;
	}

	R rseq() {
		return this.rseq;
	}

	/**
	 * Do one random thing to both.
	 */
	void step() {
		int what = this.random.nextInt(1000);
		if (what < 25) {
			register();
		}
		else if (what < 30) {
			remove();
		}
		else if (what < 80) {
			tick();
		}
		else if (what < 110) {
			startOrStop();
		}
		else if (!this.pairs.isEmpty()) {
			record(this.pairs.get(this.random.nextInt(this.pairs.size())));
		}
	}

	private void tick() {
		long millis = switch (this.random.nextInt(10)) {
			case 0 -> 60_000L * (1 + this.random.nextInt(10));
			case 1 -> 3_600_000;
			default -> this.random.nextInt(20_000);
		};
		this.clock.add(millis, TimeUnit.MILLISECONDS);
	}

	private void register() {
		String name = name();
		String description = (this.random.nextInt(3) == 0) ? "described " + this.random.nextInt(3) : null;
		String unit = (this.random.nextInt(4) == 0) ? "bytes" : null;
		Tags tags = tags();
		double scale = this.random.nextBoolean() ? 1 : 4;
		double[] source = { this.random.nextInt(100) };
		Statistic statistic = STATISTICS[this.random.nextInt(STATISTICS.length)];
		// A custom meter may be of a timer's type and export a counter under its name,
		// which
		// fails scrapes. Seldom, or nothing else would be compared.
		Meter.Type type = (this.random.nextInt(16) == 0)
				? Meter.Type.values()[this.random.nextInt(Meter.Type.values().length)] : Meter.Type.OTHER;
		this.sources.add(source);
		switch (this.random.nextInt(11)) {
			case 0, 1 -> register((registry) -> Counter.builder(name)
				.tags(tags)
				.description(description)
				.baseUnit(unit)
				.register(registry));
			case 2, 3 ->
				register((registry) -> Timer.builder(name).tags(tags).description(description).register(registry));
			case 4, 5 -> register((registry) -> DistributionSummary.builder(name)
				.tags(tags)
				.scale(scale)
				.description(description)
				.baseUnit(unit)
				.register(registry));
			case 6 -> register((registry) -> Gauge.builder(name, source, (s) -> s[0])
				.tags(tags)
				.description(description)
				.baseUnit(unit)
				.register(registry));
			case 7 -> register((registry) -> FunctionCounter.builder(name, source, (s) -> s[0])
				.tags(tags)
				.description(description)
				.register(registry));
			case 8 -> register((registry) -> FunctionTimer
				.builder(name, source, (s) -> (long) s[0], (s) -> s[0] * 3, TimeUnit.MILLISECONDS)
				.tags(tags)
				.description(description)
				.register(registry));
			case 9 -> register(
					(registry) -> LongTaskTimer.builder(name).tags(tags).description(description).register(registry));
			default -> register((registry) -> Meter
				.builder(name, type,
						List.of(new Measurement(() -> source[0], statistic),
								new Measurement(() -> source[0] + 1, Statistic.COUNT)))
				.tags(tags)
				.description(description)
				.baseUnit(unit)
				.register(registry));
		}
	}

	// Few names, so that they clash: in Micrometer, in Prometheus only, and in type.
	private String name() {
		String[] words = { "jobs", "jobs.done", "jobs_done", "jobs.done.total", "http.slo", "http.inf",
				"http.histogram", "http.percentiles", "http.percentiles.slo", "http.percentiles.histogram.short",
				"http.short", "build.info", "denied.x", "disk.used", "9lives" };
		String word = words[this.random.nextInt(words.length)];
		return this.random.nextInt(4) == 0 ? word : word + "." + (char) ('a' + this.random.nextInt(12));
	}

	private Tags tags() {
		String tags = TAGS[this.random.nextInt(TAGS.length)];
		if (tags.isEmpty()) {
			return Tags.empty();
		}
		return Tags.of(tags.split("[=,]"));
	}

	private <M extends Meter> void register(Function<MeterRegistry, M> registration) {
		Pair<M> pair = both(registration);
		if (pair != null) {
			assertThat(pair.rseq.getId()).isEqualTo(pair.stock.getId());
			this.pairs.add(pair);
		}
	}

	/**
	 * Do it to both registries: both succeed, or both fail in the same way.
	 */
	private <T> Pair<T> both(Function<MeterRegistry, T> action) {
		T stock = null;
		RuntimeException stockFailure = null;
		T rseq = null;
		RuntimeException rseqFailure = null;
		try {
			stock = action.apply(this.stock);
		}
		catch (RuntimeException ex) {
			stockFailure = ex;
		}
		try {
			rseq = action.apply(this.rseq);
		}
		catch (RuntimeException ex) {
			rseqFailure = ex;
		}
		assertThat(describe(rseqFailure)).isEqualTo(describe(stockFailure));
		return (stockFailure != null) ? null : new Pair<>(stock, rseq);
	}

	private static String describe(RuntimeException ex) {
		// Micrometer names the classes of the meters when the type is not the expected
		// one.
		return (ex != null) ? ex.toString().replaceAll("(Rseq|Prometheus|Cumulative|Step)+(?=[A-Z])", "") : null;
	}

	private void remove() {
		if (!this.pairs.isEmpty()) {
			Pair<? extends Meter> pair = this.pairs.remove(this.random.nextInt(this.pairs.size()));
			assertThat(this.rseq.remove(pair.rseq) != null).isEqualTo(this.stock.remove(pair.stock) != null);
		}
	}

	private void startOrStop() {
		if (!this.samples.isEmpty() && this.random.nextBoolean()) {
			Pair<LongTaskTimer.Sample> sample = this.samples.remove(this.random.nextInt(this.samples.size()));
			assertThat(sample.rseq.stop()).isEqualTo(sample.stock.stop());
			return;
		}
		for (Pair<? extends Meter> pair : this.pairs) {
			if (pair.stock instanceof LongTaskTimer stock && this.random.nextInt(3) == 0) {
				this.samples.add(new Pair<>(stock.start(), ((LongTaskTimer) pair.rseq).start()));
				return;
			}
		}
	}

	private void record(Pair<? extends Meter> pair) {
		if (pair.stock instanceof Counter) {
			if (this.random.nextBoolean()) {
				pair.both((meter) -> ((Counter) meter).increment());
			}
			else {
				double amount = amount();
				pair.both((meter) -> ((Counter) meter).increment(amount));
			}
		}
		else if (pair.stock instanceof Timer) {
			boolean near = hasPercentiles(pair.stock);
			long amount = near ? nearNanos() : nanos();
			TimeUnit unit = (!near && this.random.nextInt(3) == 0) ? TimeUnit.MICROSECONDS : TimeUnit.NANOSECONDS;
			pair.both((meter) -> ((Timer) meter).record(amount, unit));
		}
		else if (pair.stock instanceof DistributionSummary) {
			boolean near = hasPercentiles(pair.stock);
			double amount = switch (this.random.nextInt(40)) {
				case 0 -> Double.NaN;
				case 1 -> -3;
				case 2 -> 0;
				default -> near ? near(-4) : farAmount();
			};
			pair.both((meter) -> ((DistributionSummary) meter).record(amount));
		}
		else {
			this.sources.get(this.random.nextInt(this.sources.size()))[0] = this.random.nextInt(1000);
		}
	}

	private static boolean hasPercentiles(Meter meter) {
		return meter.getId().getName().contains("percentiles");
	}

	/*
	 * Stock loses values that are more than 26 octaves apart, from its percentiles only:
	 * see docs/adr/0010-percentiles.md.
	 */
	private double near(int lowestOctave) {
		// Of few bits, so that no sum is rounded.
		return Math.scalb(1024 + this.random.nextInt(1024), lowestOctave - 10 + this.random.nextInt(24));
	}

	private long nearNanos() {
		return switch (this.random.nextInt(40)) {
			case 0 -> -5;
			case 1 -> 0;
			default -> (long) near(12);
		};
	}

	private double farAmount() {
		return (this.random.nextInt(40) == 0) ? 1e12
				: Math.scalb(this.random.nextInt(1 << 20), this.random.nextInt(24) - 10);
	}

	private double amount() {
		if (this.huge && this.random.nextInt(10) == 0) {
			double[] amounts = { 0x1p53, 0x1p53 + 2, 1e300, Double.MAX_VALUE, 0.1, 1.0 / 3, 0x1p20 + 1, Long.MAX_VALUE,
					Double.MIN_VALUE };
			return amounts[this.random.nextInt(amounts.length)];
		}
		if (this.negative && this.random.nextInt(200) == 0) {
			double[] amounts = { Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY };
			return amounts[this.random.nextInt(amounts.length)];
		}
		return switch (this.random.nextInt(16)) {
			case 0 -> 0;
			case 1 -> -0.0;
			case 2 -> -this.random.nextInt(100);
			case 3 -> -this.random.nextInt(1 << 20) / 1024.0;
			case 4 -> 1 << 20;
			case 5 -> (1 << 20) + 1;
			case 6 -> 1 << 30;
			case 7 -> this.negative ? 1 : Double.NaN;
			case 8, 9, 10 -> this.random.nextInt(1 << 20) / 1024.0;
			default -> this.random.nextInt(1000);
		};
	}

	private long nanos() {
		return switch (this.random.nextInt(40)) {
			case 0 -> -5;
			case 1 -> 0;
			case 2 -> TimeUnit.DAYS.toNanos(2);
			default -> (long) Math.scalb(1 + this.random.nextDouble(), this.random.nextInt(37));
		};
	}

	/**
	 * Compare all meters: what they measure, and their snapshots.
	 */
	void compare() {
		assertThat(this.rseqFailures).isEqualTo(this.stockFailures);
		for (Pair<? extends Meter> pair : this.pairs) {
			List<String> stock = measured(pair.stock);
			List<String> rseq = measured(pair.rseq);
			if (!stock.equals(rseq) && this.huge) {
				assertThat(((Counter) pair.rseq).count()).as("%s", pair.stock.getId())
					.isCloseTo(((Counter) pair.stock).count(), org.assertj.core.data.Percentage.withPercentage(1e-10));
			}
			else {
				assertThat(rseq).as("%s", pair.stock.getId()).isEqualTo(stock);
			}
		}
		assertThat(this.rseq.getMeters().stream().map(Meter::getId).map(Objects::toString).sorted())
			.isEqualTo(this.stock.getMeters().stream().map(Meter::getId).map(Objects::toString).sorted().toList());
	}

	private static List<String> measured(Meter meter) {
		List<String> measured = new ArrayList<>();
		meter.measure().forEach((measurement) -> measured.add(measurement.toString()));
		if (meter instanceof HistogramSupport histogram) {
			measured.add(histogram.takeSnapshot().toString());
			ByteArrayOutputStream summary = new ByteArrayOutputStream();
			histogram.takeSnapshot().outputSummary(new PrintStream(summary, true, StandardCharsets.UTF_8), 1);
			// But for how far HdrHistogram has extended its range, which no value depends
			// on.
			measured.add(summary.toString(StandardCharsets.UTF_8).replaceAll("(?m)^#\\[Buckets .*$", ""));
		}
		return measured;
	}

	private record Pair<T>(T stock, T rseq) {

		void both(Consumer<Object> action) {
			action.accept(this.stock);
			action.accept(this.rseq);
		}

	}

}
