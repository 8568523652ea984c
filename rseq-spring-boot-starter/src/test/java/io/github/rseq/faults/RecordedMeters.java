package io.github.rseq.faults;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.IntConsumer;
import java.util.function.LongToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.core.instrument.distribution.HistogramSupport;
import io.micrometer.prometheusmetrics.PrometheusConfig;

import io.github.rseq.PerCpuDoubleAdder;
import io.github.rseq.PerCpuDoubleRecorder;
import io.github.rseq.PerCpuLongAdder;
import io.github.rseq.PerCpuLongArray;
import io.github.rseq.PerCpuLongRecorder;
import io.github.rseq.micrometer.RseqPrometheusMeterRegistry;
import io.github.rseq.micrometer.RseqSimpleMeterRegistry;

/**
 * A meter of every kind in both registries, the primitives beneath, and what all of them
 * must tell after a number of operations. An operation records one value in each; the
 * values go round from 1 to {@value #VALUES}, so that after whole rounds every figure is
 * known, buckets included. All sums are exact in binary.
 */
final class RecordedMeters {

	/**
	 * The values of a round: 1 to this.
	 */
	static final int VALUES = 32;

	private static final double FRACTION = 0.25;

	private static final double TOTAL_OF_A_ROUND = VALUES * (VALUES + 1) / 2.0;

	private static final Pattern COUNT_OF_PERCENTILES = Pattern.compile("Total count\\s*=\\s*(\\d+)");

	private final List<IntConsumer> targets = new ArrayList<>();

	private final List<Figure> figures = new ArrayList<>();

	private final RseqPrometheusMeterRegistry prometheus = new RseqPrometheusMeterRegistry(PrometheusConfig.DEFAULT);

	private final RseqSimpleMeterRegistry simple = new RseqSimpleMeterRegistry();

	RecordedMeters() {
		primitives();
		meters("prometheus", this.prometheus);
		meters("simple", this.simple);
	}

	private void primitives() {
		PerCpuLongAdder longs = new PerCpuLongAdder();
		this.targets.add((value) -> longs.increment());
		count("long adder", longs::sum);
		PerCpuDoubleAdder doubles = new PerCpuDoubleAdder();
		this.targets.add((value) -> doubles.add(FRACTION));
		count("double adder", () -> doubles.sum() / FRACTION);
		PerCpuLongRecorder longRecorder = new PerCpuLongRecorder(3);
		PerCpuLongArray buckets = new PerCpuLongArray(VALUES + 1);
		this.targets.add((value) -> longRecorder.record(value, 0, buckets, value));
		count("long recorder", () -> longRecorder.read(0).count());
		total("long recorder", () -> longRecorder.read(0).total());
		max("long recorder", () -> longRecorder.read(0).max());
		for (int value = 1; value <= VALUES; value++) {
			int index = value;
			perRound("array", "cell " + index, 1, () -> buckets.sums()[index]);
		}
		PerCpuDoubleRecorder doubleRecorder = new PerCpuDoubleRecorder(3);
		this.targets.add((value) -> doubleRecorder.record(value, 0));
		count("double recorder", () -> doubleRecorder.read(0).count());
		total("double recorder", () -> doubleRecorder.read(0).total());
		max("double recorder", () -> doubleRecorder.read(0).max());
	}

	private void meters(String registryName, MeterRegistry registry) {
		Counter counter = registry.counter("whole");
		this.targets.add((value) -> counter.increment());
		count(registryName + " counter", counter::count);
		Counter fractions = registry.counter("fraction");
		this.targets.add((value) -> fractions.increment(FRACTION));
		count(registryName + " counter of fractions", () -> fractions.count() / FRACTION);
		timer(registryName + " timer", timer("plain").register(registry));
		timer(registryName + " timer with SLO",
				timer("slo").serviceLevelObjectives(Duration.ofMillis(1), Duration.ofMillis(10)).register(registry));
		timer(registryName + " timer with histogram",
				timer("histogram").publishPercentileHistogram().register(registry));
		timer(registryName + " timer with percentiles",
				timer("percentiles").publishPercentiles(0.5).register(registry));
		timer(registryName + " timer with both",
				timer("both").publishPercentileHistogram().publishPercentiles(0.5).register(registry));
		summary(registryName + " summary", DistributionSummary.builder("summary").register(registry));
		summary(registryName + " summary with SLO",
				DistributionSummary.builder("summary.slo")
					.serviceLevelObjectives(1, 10)
					.distributionStatisticExpiry(Duration.ofHours(1))
					.register(registry));
	}

	/*
	 * No value leaves the window while a fault lasts.
	 */
	private static Timer.Builder timer(String name) {
		return Timer.builder(name).distributionStatisticExpiry(Duration.ofHours(1));
	}

	private void timer(String kind, Timer timer) {
		this.targets.add((value) -> timer.record(value, TimeUnit.MILLISECONDS));
		count(kind, timer::count);
		total(kind, () -> timer.totalTime(TimeUnit.MILLISECONDS));
		max(kind, () -> timer.max(TimeUnit.MILLISECONDS));
		distribution(kind, timer, 1_000_000);
	}

	private void summary(String kind, DistributionSummary summary) {
		this.targets.add(summary::record);
		count(kind, summary::count);
		total(kind, summary::totalAmount);
		max(kind, summary::max);
		distribution(kind, summary, 1);
	}

	private void distribution(String kind, HistogramSupport meter, double unit) {
		HistogramSnapshot empty = meter.takeSnapshot();
		CountAtBucket[] buckets = empty.histogramCounts();
		for (int i = 0; i < buckets.length; i++) {
			int index = i;
			double bound = buckets[i].bucket();
			double upTo = Math.max(0, Math.min(VALUES, Math.floor(bound / unit)));
			perRound(kind, "bucket " + bound, upTo, () -> meter.takeSnapshot().histogramCounts()[index].count());
		}
		if (empty.percentileValues().length > 0) {
			perRound(kind, "count of percentiles", VALUES, () -> countOfPercentiles(meter.takeSnapshot()));
		}
	}

	private static double countOfPercentiles(HistogramSnapshot snapshot) {
		ByteArrayOutputStream summary = new ByteArrayOutputStream();
		snapshot.outputSummary(new PrintStream(summary, true, StandardCharsets.UTF_8), 1);
		Matcher matcher = COUNT_OF_PERCENTILES.matcher(summary.toString(StandardCharsets.UTF_8));
		if (!matcher.find()) {
			throw new IllegalStateException("No count in " + summary);
		}
		return Double.parseDouble(matcher.group(1));
	}

	private void count(String kind, DoubleSupplier found) {
		perRound(kind, "count", VALUES, found);
	}

	private void total(String kind, DoubleSupplier found) {
		perRound(kind, "total", TOTAL_OF_A_ROUND, found);
	}

	private void perRound(String kind, String what, double expected, DoubleSupplier found) {
		this.figures.add(new Figure(kind, what, (rounds) -> rounds * expected, found));
	}

	private void max(String kind, DoubleSupplier found) {
		this.figures.add(new Figure(kind, "maximum", (rounds) -> (rounds > 0) ? VALUES : 0, found));
	}

	/**
	 * Records a value in each.
	 */
	void record(int value) {
		for (IntConsumer target : this.targets) {
			target.accept(value);
		}
	}

	/**
	 * Records a value in each, with something in the middle.
	 */
	void record(int value, Runnable between) {
		for (int i = 0; i < this.targets.size(); i++) {
			this.targets.get(i).accept(value);
			if (i == this.targets.size() / 2) {
				between.run();
			}
		}
	}

	/**
	 * Into how many places an operation records.
	 */
	int targets() {
		return this.targets.size();
	}

	/**
	 * Compares every figure, and the counts in Prometheus' text, with what they must be.
	 * @param rounds how often each value was recorded
	 */
	Comparison compare(long rounds) {
		Comparison comparison = new Comparison();
		for (Figure figure : this.figures) {
			comparison.add(figure.kind, figure.what, figure.expected.applyAsDouble(rounds), figure.found.getAsDouble());
		}
		String scrape = this.prometheus.scrape();
		double operations = (double) rounds * VALUES;
		comparison.add("scrape", "counter", operations, scraped(scrape, "whole_total"));
		comparison.add("scrape", "counter of fractions", operations * FRACTION, scraped(scrape, "fraction_total"));
		for (String name : List.of("plain", "slo", "histogram", "percentiles", "both")) {
			comparison.add("scrape", name, operations, scraped(scrape, name + "_seconds_count"));
		}
		comparison.add("scrape", "summary", operations, scraped(scrape, "summary_count"));
		return comparison;
	}

	private static double scraped(String scrape, String series) {
		return scrape.lines()
			.filter((line) -> line.startsWith(series + " "))
			.mapToDouble((line) -> Double.parseDouble(line.substring(series.length() + 1)))
			.findFirst()
			.orElseThrow();
	}

	void close() {
		this.prometheus.close();
		this.simple.close();
	}

	private record Figure(String kind, String what, LongToDoubleFunction expected, DoubleSupplier found) {
	}

	/**
	 * What was found where something else was expected.
	 */
	static final class Comparison {

		/** Operations missing from counts, over all kinds. */
		private double lost;

		/** The kinds with a wrong figure. */
		private final List<String> kinds = new ArrayList<>();

		private final List<String> wrong = new ArrayList<>();

		private void add(String kind, String what, double expected, double found) {
			if (expected != found) {
				this.wrong.add("%s: %s %.0f, not %.0f".formatted(kind, what, found, expected));
				if (!this.kinds.contains(kind)) {
					this.kinds.add(kind);
				}
				if (what.equals("count")) {
					this.lost += Math.abs(expected - found);
				}
			}
		}

		boolean isExact() {
			return this.wrong.isEmpty();
		}

		long lost() {
			return (long) this.lost;
		}

		List<String> kinds() {
			return this.kinds;
		}

		List<String> wrong() {
			return this.wrong;
		}

	}

}
