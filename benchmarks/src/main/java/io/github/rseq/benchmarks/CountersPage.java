package io.github.rseq.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The page on adders and counters. A section without measurements is left out.
 */
final class CountersPage {

	private final Samples samples;

	private final Properties memory;

	private final Page page;

	private CountersPage(Samples samples, Properties machine, Properties memory) {
		this.samples = samples;
		this.memory = memory;
		this.page = new Page(samples, machine);
	}

	static String markdown(Samples samples, Properties machine, Properties memory) {
		return new CountersPage(samples, machine, memory).write();
	}

	static String plot(Samples samples, Properties machine) {
		List<Plot.Row> rows = new ArrayList<>();
		for (Operation operation : Operation.values()) {
			rows.add(Plot.Row.heading(operation.label()));
			for (Subject subject : Subject.values()) {
				Map<Integer, Figure> figures = samples.nanos(Scenario.JDK25.directory(), Page.THREADS,
						subject.benchmark(operation));
				if (!figures.isEmpty() && !subject.isOff() && subject != Subject.EMPTY) {
					rows.add(new Plot.Row(subject.plainLabel(), subject.isOurs(), figures));
				}
			}
		}
		return Plot.draw("Adding to a counter", Page.subtitle(samples, machine), rows);
	}

	private String write() {
		this.page.head("Benchmark results", "Adding to a counter", "counters.svg");
		this.page.line("Timers and summaries are on [a page of their own](timers.md).");
		this.page.line("");
		this.page.method("`(empty)` is what the benchmark loop takes by itself; it is in all other figures.",
				"All threads add to one counter without pause, which no application does: it is the worst case for what "
						+ "is contended.");
		ratios();
		losses();
		subjects();
		bindings();
		coldCode();
		allocation();
		memory();
		scrape();
		return this.page.toString();
	}

	private void ratios() {
		this.page.line("## Ours against what it replaces");
		this.page.line("");
		this.page.line("How many times as much the stock one takes; below 1 ours is slower.");
		this.page.line("");
		for (Scenario scenario : List.of(Scenario.JDK25, Scenario.JDK25_VIRTUAL, Scenario.JDK17,
				Scenario.JDK17_FOREIGN)) {
			List<String> rows = new ArrayList<>();
			for (Operation operation : Operation.values()) {
				for (Subject subject : Subject.ours()) {
					ratioRow(rows, scenario, operation, subject);
				}
			}
			overCLoop(rows, scenario);
			List<String> columns = new ArrayList<>(List.of("", "operation"));
			columns.addAll(Page.threads(Page.THREADS));
			columns.add("goal");
			this.page.table("### " + scenario.label(this.samples), columns, rows);
		}
	}

	private void ratioRow(List<String> rows, Scenario scenario, Operation operation, Subject subject) {
		Subject stock = subject.stock();
		if (stock == null) {
			return;
		}
		double goal = scenario.goal(subject, operation);
		addRatios(
				rows, subject.label() + " / " + stock.label(), operation, ratios(scenario, stock.benchmark(operation),
						subject.benchmark(operation), (ratio) -> Page.marked(ratio, goal)),
				(goal > 0) ? "at least " + goal : "");
	}

	private List<Optional<String>> ratios(Scenario scenario, String one, String other, Function<Figure, String> text) {
		return Page.THREADS.stream()
			.map((threads) -> this.samples.ratio(scenario.directory(), threads, one, other).map(text))
			.toList();
	}

	private static void addRatios(List<String> rows, String label, Operation operation, List<Optional<String>> ratios,
			String goal) {
		if (ratios.stream().anyMatch(Optional::isPresent)) {
			List<Optional<String>> figures = new ArrayList<>(ratios);
			figures.add(Optional.of(goal));
			Page.row(rows, label + " | `" + operation.label() + "`", figures);
		}
	}

	/*
	 * The other way round: how far ours is above the floor.
	 */
	private void overCLoop(List<String> rows, Scenario scenario) {
		double goal = (scenario == Scenario.JDK25) ? 1.5 : Double.POSITIVE_INFINITY;
		for (Operation operation : Operation.values()) {
			Subject ours = (operation == Operation.INCREMENT) ? Subject.OUR_LONG : Subject.OUR_DOUBLE;
			addRatios(rows, "C loop / " + ours.label() + " (how many times as much **ours** takes)", operation,
					ratios(scenario, ours.benchmark(operation), Subject.C_LOOP.benchmark(operation),
							(ratio) -> ratio + ((ratio.median() > goal) ? Page.MISSED : "")),
					Double.isFinite(goal) ? "at most " + goal : "");
		}
	}

	private void losses() {
		List<String> losses = new ArrayList<>();
		for (Scenario scenario : Scenario.values()) {
			for (Operation operation : Operation.values()) {
				for (Subject subject : Subject.ours()) {
					if (!subject.isOff()) {
						losses(losses, scenario, operation, subject);
					}
				}
			}
		}
		this.page.line("## Where we lose");
		this.page.line("");
		this.page.line("Everything that counts and took less than ours in the median of the rounds:");
		this.page.line("an adder against adders and cells, a Micrometer counter against all of them.");
		this.page.line("");
		if (losses.isEmpty()) {
			this.page.line("Nowhere in this run.");
		}
		losses.forEach((loss) -> this.page.line("- " + loss));
		this.page.line("");
	}

	private void losses(List<String> losses, Scenario scenario, Operation operation, Subject ours) {
		for (int threads : Page.THREADS) {
			Map<String, Figure> faster = new LinkedHashMap<>();
			for (Subject other : Subject.values()) {
				if (other.isCounter() && !other.isOurs()) {
					this.samples
						.ratio(scenario.directory(), threads, other.benchmark(operation), ours.benchmark(operation))
						.filter((ratio) -> ratio.median() < 1)
						.ifPresent((ratio) -> faster.put(other.label(), ratio));
				}
			}
			if (!faster.isEmpty()) {
				losses.add(scenario.label(this.samples) + ", " + Page.threads(threads) + ", " + ours.label() + " `"
						+ operation.label() + "`: "
						+ faster.entrySet()
							.stream()
							.map((entry) -> entry.getKey() + " takes " + Figure.number(entry.getValue().median())
									+ " of it")
							.collect(Collectors.joining(", "))
						+ ".");
			}
		}
	}

	private void subjects() {
		this.page.line("## Everything");
		this.page.line("");
		for (Scenario scenario : List.of(Scenario.JDK25, Scenario.JDK25_VIRTUAL, Scenario.JDK17,
				Scenario.JDK17_FOREIGN)) {
			for (Operation operation : Operation.values()) {
				table(List.of(scenario), operation, Page.THREADS);
			}
		}
	}

	private void bindings() {
		this.page.line("## Bindings");
		this.page.line("");
		for (Operation operation : Operation.values()) {
			table(List.of(Scenario.JDK25_JNI, Scenario.JDK25_JNA, Scenario.JDK17_JNI), operation, Page.THREADS);
		}
	}

	private void coldCode() {
		this.page.line("## Before C2 has compiled");
		this.page.line("");
		for (Operation operation : Operation.values()) {
			table(List.of(Scenario.JDK25_C1, Scenario.JDK25_C1_JNI, Scenario.JDK25_INTERPRETER,
					Scenario.JDK25_INTERPRETER_JNI), operation, List.of(1));
		}
	}

	private void table(List<Scenario> scenarios, Operation operation, List<Integer> threads) {
		List<String> columns = new ArrayList<>(List.of("ns"));
		columns.addAll(Page.threads(threads));
		for (Scenario scenario : scenarios) {
			List<String> rows = new ArrayList<>();
			for (Subject subject : Subject.values()) {
				Page.row(rows, subject.label(), threads.stream()
					.map((count) -> this.samples.nanos(scenario.directory(), count, subject.benchmark(operation))
						.map(Figure::toString))
					.toList());
			}
			this.page.table("### " + scenario.label(this.samples) + ": `" + operation.label() + "`", columns, rows);
		}
	}

	private void allocation() {
		Allocation allocation = new Allocation(this.samples, Subject.EMPTY.benchmark(Operation.INCREMENT));
		for (Operation operation : Operation.values()) {
			for (Subject subject : Subject.values()) {
				allocation.add(subject.label(), operation.label(), subject.benchmark(operation), subject.isOurs());
			}
		}
		allocation.write(this.page);
	}

	private void memory() {
		if (this.memory.isEmpty()) {
			return;
		}
		this.page.line("## Memory");
		this.page.line("");
		this.page.line(String
			.format(Locale.ROOT, "Bytes for each of %,d adders on %s CPUs. Contended: %s threads have added "
					+ "to each adder at the same time, which makes the JDK's adders take cells, on more CPUs more of them. "
					+ "Cells are the resident pages of the arena.", MemoryMeasurement.ADDERS,
					this.memory.getProperty("cpus"), this.memory.getProperty("threads")));
		this.page.line("");
		this.page.line("| bytes | heap, new | cells, new | heap, contended | cells, contended | sum, contended |");
		this.page.line("|---|---|---|---|---|---|");
		for (Subject subject : List.of(Subject.OUR_LONG, Subject.LONG_ADDER, Subject.OUR_DOUBLE,
				Subject.DOUBLE_ADDER)) {
			String name = subject.benchmark(Operation.INCREMENT).replaceAll(".*\\.", "");
			this.page.line(String.format(Locale.ROOT, "| %s | %.0f | %.1f | %.0f | %.1f | %.0f |", subject.label(),
					number(name + ".new.heap"), number(name + ".new.cells"), number(name + ".contended.heap"),
					number(name + ".contended.cells"),
					number(name + ".contended.heap") + number(name + ".contended.cells")));
		}
		this.page.line("");
	}

	private double number(String key) {
		return Double.parseDouble(this.memory.getProperty(key, "NaN"));
	}

	private void scrape() {
		String stock = "ScrapeBenchmark.stockPrometheus";
		String ours = "ScrapeBenchmark.ourPrometheus";
		this.samples.ratio("scrape", 1, stock, ours).ifPresent((ratio) -> {
			this.page.line("## Scrape");
			this.page.line("");
			this.page.line(String.format(Locale.ROOT, "A scrape of %,d counters, of which half have seen fractions.",
					ScrapeBenchmark.METERS));
			this.page.line("");
			this.page.line("| | ms |");
			this.page.line("|---|---|");
			for (String benchmark : List.of(ours, stock)) {
				this.samples.nanos("scrape", 1, benchmark)
					.map((nanos) -> nanos.divided(1e6))
					.ifPresent((millis) -> this.page.line("| " + (benchmark.equals(ours) ? "**our Prometheus registry**"
							: "Micrometer Prometheus registry") + " | " + millis + " |"));
			}
			this.page.line("| ratio; goal: at least 1 | " + ratio
					+ ((ratio.median() < 1) ? Page.MISSED + Page.SLOWER : "") + " |");
			this.page.line("");
		});
	}

}
