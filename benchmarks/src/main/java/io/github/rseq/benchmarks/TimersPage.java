package io.github.rseq.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Collectors;

/**
 * The page on timers and summaries. A section without measurements is left out.
 */
final class TimersPage {

	private static final String JDK25 = "jdk25";

	private static final String JDK17 = "jdk17";

	private final Samples samples;

	private final Properties memory;

	private final Page page;

	private TimersPage(Samples samples, Properties machine, Properties memory) {
		this.samples = samples;
		this.memory = memory;
		this.page = new Page(samples, machine);
	}

	static String plot(Samples samples, Properties machine) {
		List<Plot.Row> rows = new ArrayList<>();
		for (TimerOperation operation : TimerOperation.values()) {
			List<Plot.Row> ofOperation = new ArrayList<>();
			for (TimerSubject subject : TimerSubject.values()) {
				Map<Integer, Figure> figures = samples.nanos(JDK25, Page.THREADS, subject.benchmark(operation));
				if (!figures.isEmpty() && !subject.isOff() && subject != TimerSubject.EMPTY) {
					ofOperation.add(new Plot.Row(subject.plainLabel(), subject.isOurs(), figures));
				}
			}
			if (!ofOperation.isEmpty()) {
				rows.add(Plot.Row.heading(operation.label()));
				rows.addAll(ofOperation);
			}
		}
		return Plot.draw("Recording to a timer", Page.subtitle(samples, machine), rows);
	}

	static String markdown(Samples samples, Properties machine, Properties memory) {
		return new TimersPage(samples, machine, memory).write();
	}

	private String write() {
		this.page.head("Benchmark results: timers and summaries", "Recording to a timer", "timers.svg");
		this.page.line("Counters are on [a page of their own](results.md).");
		this.page.line("");
		this.page.method("`(empty)` is what the benchmark loop and the next value take; it is in all other figures.",
				"All threads record to one meter without pause, which no application does: it is the worst case for what "
						+ "is contended.");
		this.page.line(
				"Recorded are %,d times, log-normal around a millisecond, the same in every run. Three buckets are "
						+ "those up to 0.5, 1.5 and 8 ms; client-side percentiles are 0.5, 0.95 and 0.99.",
				Latencies.COUNT);
		this.page.line("");
		ratios();
		losses();
		everything();
		allocation();
		scrape();
		memory();
		return this.page.toString();
	}

	private String label(String scenario) {
		return "JDK " + this.samples.jdk(scenario).orElse("?")
				+ (scenario.equals(JDK25) ? ", binding foreign" : ", no flags (binding JNI)");
	}

	private void ratios() {
		this.page.line("## Ours against what it replaces");
		this.page.line("");
		this.page
			.line("How many times as much the stock one takes; below 1 ours is slower. The goals are those for one / "
					+ "two threads.");
		this.page.line("");
		for (String scenario : List.of(JDK25, JDK17)) {
			List<String> rows = new ArrayList<>();
			for (TimerOperation operation : TimerOperation.values()) {
				for (TimerSubject subject : TimerSubject.values()) {
					if (subject.isOurs()) {
						ratioRow(rows, scenario, operation, subject);
					}
				}
			}
			List<String> columns = new ArrayList<>(List.of("", "against Micrometer"));
			columns.addAll(Page.threads(Page.THREADS));
			columns.add("goal");
			this.page.table("### " + label(scenario), columns, rows);
		}
		this.page
			.line("`Timer.record(Runnable)`, `Timer.Sample` and `@Timed` read the clock before and after what they "
					+ "take the time of, by Micrometer's contract with `Clock`. These two readings are most of what is left: "
					+ "the ratio says little about the record itself, which the rows above show.");
		this.page.line("");
	}

	private void ratioRow(List<String> rows, String scenario, TimerOperation operation, TimerSubject subject) {
		List<Optional<String>> figures = new ArrayList<>();
		List<Double> goals = new ArrayList<>();
		for (int threads : Page.THREADS) {
			double goal = subject.goal(operation, scenario, threads);
			goals.add(goal);
			figures.add(this.samples
				.ratio(scenario, threads, subject.stock().benchmark(operation), subject.benchmark(operation))
				.map((ratio) -> Page.marked(ratio, goal)));
		}
		if (figures.stream().anyMatch(Optional::isPresent)) {
			figures.add(Optional.of((goals.get(0) > 0)
					? "at least " + goals.get(0) + (goals.get(1).equals(goals.get(0)) ? "" : " / " + goals.get(1))
					: ""));
			Page.row(rows, operation.label() + " | " + subject.label(), figures);
		}
	}

	private void losses() {
		List<String> losses = new ArrayList<>();
		for (String scenario : List.of(JDK25, JDK17)) {
			for (TimerOperation operation : TimerOperation.values()) {
				for (int threads : Page.THREADS) {
					losses(losses, scenario, operation, threads);
				}
			}
		}
		this.page.line("## Where we lose");
		this.page.line("");
		this.page
			.line("Everything that took less than our Prometheus or Simple meter of the same kind in the median of the "
					+ "rounds.");
		this.page.line("");
		if (losses.isEmpty()) {
			this.page.line("Nowhere in this run.");
		}
		losses.forEach((loss) -> this.page.line("- " + loss));
		this.page.line("");
	}

	private void losses(List<String> losses, String scenario, TimerOperation operation, int threads) {
		for (TimerSubject ours : List.of(TimerSubject.OUR_PROMETHEUS, TimerSubject.OUR_SIMPLE)) {
			String faster = Arrays.stream(TimerSubject.values())
				.filter(TimerSubject::isRival)
				.flatMap((rival) -> this.samples
					.ratio(scenario, threads, rival.benchmark(operation), ours.benchmark(operation))
					.filter((ratio) -> ratio.median() < 1)
					.map((ratio) -> rival.label() + " takes " + Figure.number(ratio.median()) + " of it")
					.stream())
				.collect(Collectors.joining(", "));
			if (!faster.isEmpty()) {
				losses.add(label(scenario) + ", " + Page.threads(threads) + ", " + operation.label() + ", "
						+ ours.label() + ": " + faster + ".");
			}
		}
	}

	private void everything() {
		this.page.line("## Everything");
		this.page.line("");
		List<String> columns = new ArrayList<>(List.of("ns"));
		columns.addAll(Page.threads(Page.THREADS));
		for (String scenario : List.of(JDK25, JDK17)) {
			for (TimerOperation operation : TimerOperation.values()) {
				List<String> rows = new ArrayList<>();
				for (TimerSubject subject : TimerSubject.values()) {
					Page.row(rows, subject.label(),
							Page.THREADS.stream()
								.map((threads) -> this.samples.nanos(scenario, threads, subject.benchmark(operation))
									.map(Figure::toString))
								.toList());
				}
				this.page.table("### " + label(scenario) + ": " + operation.label(), columns, rows);
			}
		}
	}

	private void allocation() {
		Allocation allocation = new Allocation(this.samples, TimerSubject.EMPTY.benchmark(TimerOperation.TIMER));
		for (TimerOperation operation : TimerOperation.values()) {
			for (TimerSubject subject : TimerSubject.values()) {
				// The look-up of @Timed allocates, with any registry.
				allocation.add(subject.label(), operation.label(), subject.benchmark(operation),
						subject.isOurs() && operation.isGiven());
			}
		}
		allocation.write(this.page);
	}

	private void scrape() {
		String stock = "MixedScrapeBenchmark.stockPrometheus";
		String ours = "MixedScrapeBenchmark.ourPrometheus";
		this.samples.ratio("scrape", 1, stock, ours).ifPresent((ratio) -> {
			List<String> rows = new ArrayList<>();
			for (String benchmark : List.of(ours, stock)) {
				Page.row(rows,
						benchmark.equals(ours) ? "**our Prometheus registry**" : "Micrometer Prometheus registry",
						List.of(this.samples.nanos("scrape", 1, benchmark)
							.map((nanos) -> nanos.divided(1e6).toString()),
								this.samples.bytes("scrape", benchmark).map((bytes) -> bytes.divided(1e6).toString())));
			}
			double less = bytes(ours) / bytes(stock);
			Page.row(rows, "stock / ours; goal: at least 1", List.of(Optional.of(Page.marked(ratio, 1)),
					Optional.of(Double.isNaN(less) ? "–" : Figure.number(1 / less) + ((less > 1) ? Page.MISSED : ""))));
			this.page.line("## Scrape");
			this.page.line("");
			this.page.line(
					"A scrape of %,d meters, a third each counters, timers and timers with a percentile histogram.",
					MixedScrapeBenchmark.METERS);
			this.page.line("");
			this.page.rows(List.of("", "ms", "MB allocated"), rows);
		});
	}

	private double bytes(String benchmark) {
		return this.samples.bytes("scrape", benchmark).map(Figure::median).orElse(Double.NaN);
	}

	private void memory() {
		if (this.memory.isEmpty()) {
			return;
		}
		List<String> rows = new ArrayList<>();
		for (MeterKind kind : MeterKind.values()) {
			for (int meters : MeterMemoryMeasurement.METERS) {
				double stock = number(MeterMemoryMeasurement.key(kind, false, meters) + ".heap");
				String key = MeterMemoryMeasurement.key(kind, true, meters);
				double heap = number(key + ".heap");
				double cells = number(key + ".cells");
				if (!Double.isNaN(stock) || !Double.isNaN(heap)) {
					rows.add(String.format(Locale.ROOT, "| %s | %,d | %,.0f | %,.0f | %,.0f | %,.0f | %s |",
							kind.label(), meters, stock, heap, cells, heap + cells,
							Figure.number(stock / (heap + cells))));
				}
			}
		}
		this.page.line("## Memory");
		this.page.line("");
		this.page
			.line("Bytes for each meter of a Prometheus registry, name and tags included, after as many threads as CPUs "
					+ "have recorded to each; %s CPUs. Heap is what a full collection leaves, cells are the resident pages of "
					+ "the arena: they grow with the number of CPUs that record, the heap does not.",
					this.memory.getProperty("cpus"));
		this.page.line("");
		this.page.rows(List.of("", "meters", "stock: heap", "ours: heap", "ours: cells", "ours: sum", "stock / ours"),
				rows);
	}

	private double number(String key) {
		return Double.parseDouble(this.memory.getProperty(key, "NaN"));
	}

}
