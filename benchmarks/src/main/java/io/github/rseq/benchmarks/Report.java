package io.github.rseq.benchmarks;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Writes the report on what run.sh has measured: {@code results.md} and
 * {@code counters.svg}. A section without measurements is left out. What is slower than
 * what it replaces, or misses its goal, is marked by the figures, not by hand.
 */
final class Report {

	static final List<Integer> THREADS = List.of(1, 2, 8);

	private static final String SLOWER = " **slower**";

	private static final String MISSED = " **missed**";

	private final Samples samples;

	private final Properties machine;

	private final Properties memory;

	private final StringBuilder text = new StringBuilder();

	private Report(Samples samples, Properties machine, Properties memory) {
		this.samples = samples;
		this.machine = machine;
		this.memory = memory;
	}

	public static void main(String[] args) throws IOException {
		Path from = Path.of(args[0]);
		Path to = Path.of(args[1]);
		Properties machine = properties(from.resolve("machine.properties"));
		int cpus = Integer.parseInt(machine.getProperty("cpus"));
		Samples samples = Samples.read(from, cpus);
		Files.createDirectories(to);
		Files.writeString(to.resolve("results.md"),
				markdown(samples, machine, properties(from.resolve("memory.properties"))));
		Files.writeString(to.resolve("counters.svg"), plot(samples, machine));
	}

	private static Properties properties(Path file) throws IOException {
		Properties properties = new Properties();
		if (Files.exists(file)) {
			try (Reader reader = Files.newBufferedReader(file)) {
				properties.load(reader);
			}
		}
		return properties;
	}

	static String markdown(Samples samples, Properties machine, Properties memory) {
		return new Report(samples, machine, memory).write();
	}

	static String plot(Samples samples, Properties machine) {
		List<Plot.Row> rows = new ArrayList<>();
		for (Operation operation : Operation.values()) {
			for (Subject subject : Subject.values()) {
				Map<Integer, Figure> figures = new TreeMap<>();
				for (int threads : THREADS) {
					samples.nanos(Scenario.JDK25.directory(), threads, subject.benchmark(operation))
						.ifPresent((figure) -> figures.put(threads, figure));
				}
				boolean both = operation == Operation.ADD_HALF;
				if (!figures.isEmpty() && !subject.isOff() && subject != Subject.EMPTY) {
					rows.add(new Plot.Row(subject.plainLabel() + (both ? ", 0.5" : ""), subject.isOurs(), figures));
				}
			}
		}
		return Plot.draw("Adding to a counter",
				"JDK " + samples.jdk(Scenario.JDK25.directory()).orElse("?") + ", " + machine.getProperty("cpus")
						+ " CPUs, " + machine.getProperty("cpu") + ", " + machine.getProperty("date"),
				rows);
	}

	private String write() {
		line("# Benchmark results");
		line("");
		line("Written by `" + this.machine.getProperty("command", "benchmarks/run.sh") + "`; do not edit.");
		line("");
		machine();
		method();
		ratios();
		losses();
		subjects();
		bindings();
		coldCode();
		allocation();
		memory();
		scrape();
		return this.text.toString();
	}

	private void machine() {
		line("| machine | |");
		line("|---|---|");
		line("| CPU | " + this.machine.getProperty("cpu") + " |");
		line("| CPUs | " + this.machine.getProperty("cpus") + " |");
		line("| kernel | " + this.machine.getProperty("kernel") + " |");
		line("| C library | " + this.machine.getProperty("libc") + " |");
		line("| JDKs | " + Arrays.stream(Scenario.values())
			.flatMap((scenario) -> this.samples.jdk(scenario.directory()).stream())
			.distinct()
			.collect(Collectors.joining(", ")) + " |");
		line("| date | " + this.machine.getProperty("date") + " |");
		line("");
		line("![Adding to a counter](counters.svg)");
		line("");
	}

	private void method() {
		line("""
				Times are nanoseconds of one CPU for one operation: wall time x min(threads, CPUs) / operations of all
				threads. `(empty)` is what the benchmark loop takes by itself; it is in all other figures. Each round runs
				every benchmark in a JVM of its own, one after the other; of a JVM's iterations the median counts. Shown is
				the median of the rounds, in brackets their range. Ratios are taken within a round. All threads add to one
				counter without pause, which no application does: it is the worst case for what is contended.
				""");
		line("Rounds: " + Arrays.stream(Scenario.values())
			.filter((scenario) -> this.samples.rounds(scenario.directory()) > 0)
			.map((scenario) -> "`" + scenario.directory() + "` " + this.samples.rounds(scenario.directory()))
			.collect(Collectors.joining(", ")) + ".");
		line("");
	}

	private void ratios() {
		line("## Ours against what it replaces");
		line("");
		line("How many times as much the stock one takes; below 1 ours is slower.");
		line("");
		for (Scenario scenario : List.of(Scenario.JDK25, Scenario.JDK25_VIRTUAL, Scenario.JDK17,
				Scenario.JDK17_FOREIGN)) {
			List<String> rows = new ArrayList<>();
			for (Operation operation : Operation.values()) {
				for (Subject subject : Subject.ours()) {
					ratioRow(rows, scenario, operation, subject);
				}
			}
			overCLoop(rows, scenario);
			if (!rows.isEmpty()) {
				line("### " + scenario.label(this.samples));
				line("");
				line("| | operation | " + threadHeader() + " | goal |");
				line("|---|---|---|---|---|---|");
				rows.forEach(this::line);
				line("");
			}
		}
	}

	private void ratioRow(List<String> rows, Scenario scenario, Operation operation, Subject subject) {
		Subject stock = subject.stock();
		if (stock == null) {
			return;
		}
		double goal = scenario.goal(subject, operation);
		List<Optional<Figure>> ratios = THREADS.stream()
			.map((threads) -> this.samples.ratio(scenario.directory(), threads, stock.benchmark(operation),
					subject.benchmark(operation)))
			.toList();
		if (ratios.stream().anyMatch(Optional::isPresent)) {
			rows.add("| " + subject.label() + " / " + stock.label() + " | `" + operation.label() + "` | "
					+ ratios.stream()
						.map((ratio) -> ratio
							.map((figure) -> figure + ((figure.median() < goal) ? MISSED : "")
									+ ((figure.median() < 1) ? SLOWER : ""))
							.orElse("–"))
						.collect(Collectors.joining(" | "))
					+ " | " + ((goal > 0) ? "at least " + goal : "") + " |");
		}
	}

	/*
	 * The other way round: how far ours is above the floor.
	 */
	private void overCLoop(List<String> rows, Scenario scenario) {
		double goal = (scenario == Scenario.JDK25) ? 1.5 : Double.POSITIVE_INFINITY;
		for (Operation operation : Operation.values()) {
			Subject ours = (operation == Operation.INCREMENT) ? Subject.OUR_LONG : Subject.OUR_DOUBLE;
			List<Optional<Figure>> ratios = THREADS.stream()
				.map((threads) -> this.samples.ratio(scenario.directory(), threads, ours.benchmark(operation),
						Subject.C_LOOP.benchmark(operation)))
				.toList();
			if (ratios.stream().anyMatch(Optional::isPresent)) {
				rows.add("| C loop / " + ours.label() + " (how many times as much **ours** takes) | `"
						+ operation.label() + "` | "
						+ ratios.stream()
							.map((ratio) -> ratio.map((figure) -> figure + ((figure.median() > goal) ? MISSED : ""))
								.orElse("–"))
							.collect(Collectors.joining(" | "))
						+ " | " + (Double.isFinite(goal) ? "at most " + goal : "") + " |");
			}
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
		line("## Where we lose");
		line("");
		line("Everything that counts and took less than ours in the median of the rounds:");
		line("an adder against adders and cells, a Micrometer counter against all of them.");
		line("");
		if (losses.isEmpty()) {
			line("Nowhere in this run.");
		}
		losses.forEach((loss) -> line("- " + loss));
		line("");
	}

	private void losses(List<String> losses, Scenario scenario, Operation operation, Subject ours) {
		for (int threads : THREADS) {
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
				losses.add(scenario.label(this.samples) + ", " + threads(threads) + ", " + ours.label() + " `"
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
		line("## Everything");
		line("");
		for (Scenario scenario : List.of(Scenario.JDK25, Scenario.JDK25_VIRTUAL, Scenario.JDK17,
				Scenario.JDK17_FOREIGN)) {
			for (Operation operation : Operation.values()) {
				table(List.of(scenario), operation, THREADS);
			}
		}
	}

	private void bindings() {
		line("## Bindings");
		line("");
		for (Operation operation : Operation.values()) {
			table(List.of(Scenario.JDK25_JNI, Scenario.JDK25_JNA, Scenario.JDK17_JNI), operation, THREADS);
		}
	}

	private void coldCode() {
		line("## Before C2 has compiled");
		line("");
		for (Operation operation : Operation.values()) {
			table(List.of(Scenario.JDK25_C1, Scenario.JDK25_C1_JNI, Scenario.JDK25_INTERPRETER,
					Scenario.JDK25_INTERPRETER_JNI), operation, List.of(1));
		}
	}

	private void table(List<Scenario> scenarios, Operation operation, List<Integer> threads) {
		for (Scenario scenario : scenarios) {
			List<String> rows = new ArrayList<>();
			for (Subject subject : Subject.values()) {
				List<Optional<Figure>> figures = threads.stream()
					.map((count) -> this.samples.nanos(scenario.directory(), count, subject.benchmark(operation)))
					.toList();
				if (figures.stream().anyMatch(Optional::isPresent)) {
					rows.add("| " + subject.label() + " | "
							+ figures.stream()
								.map((figure) -> figure.map(Figure::toString).orElse("–"))
								.collect(Collectors.joining(" | "))
							+ " |");
				}
			}
			if (!rows.isEmpty()) {
				line("### " + scenario.label(this.samples) + ": `" + operation.label() + "`");
				line("");
				line("| ns | " + threads.stream().map(Report::threads).collect(Collectors.joining(" | ")) + " |");
				line("|---|" + "---|".repeat(threads.size()));
				rows.forEach(this::line);
				line("");
			}
		}
	}

	private void allocation() {
		List<String> rows = new ArrayList<>();
		for (Operation operation : Operation.values()) {
			for (Subject subject : Subject.values()) {
				this.samples.bytes("allocation", subject.benchmark(operation))
					.ifPresent((bytes) -> rows.add("| " + subject.label() + " | `" + operation.label() + "` | "
							+ String.format(Locale.ROOT, "%.3f", bytes.median())
							+ ((subject.isOurs() && bytes.median() >= 0.5) ? MISSED : "") + " |"));
			}
		}
		if (!rows.isEmpty()) {
			line("## Allocation");
			line("");
			line("By JMH's gc profiler; what the harness allocates by itself is in it, some hundredths of a byte: one object for each add would be 16.");
			line("");
			line("| | operation | bytes for one operation, goal 0 |");
			line("|---|---|---|");
			rows.forEach(this::line);
			line("");
		}
	}

	private void memory() {
		if (this.memory.isEmpty()) {
			return;
		}
		line("## Memory");
		line("");
		line(String.format(Locale.ROOT, "Bytes for each of %,d adders on %s CPUs. Contended: %s threads have added "
				+ "to each adder at the same time, which makes the JDK's adders take cells, on more CPUs more of them. "
				+ "Cells are the resident pages of the arena.", MemoryMeasurement.ADDERS,
				this.memory.getProperty("cpus"), this.machine.getProperty("cpus")));
		line("");
		line("| bytes | heap, new | cells, new | heap, contended | cells, contended | sum, contended |");
		line("|---|---|---|---|---|---|");
		for (Subject subject : List.of(Subject.OUR_LONG, Subject.LONG_ADDER, Subject.OUR_DOUBLE,
				Subject.DOUBLE_ADDER)) {
			String name = subject.benchmark(Operation.INCREMENT).replaceAll(".*\\.", "");
			line(String.format(Locale.ROOT, "| %s | %.0f | %.1f | %.0f | %.1f | %.0f |", subject.label(),
					number(name + ".new.heap"), number(name + ".new.cells"), number(name + ".contended.heap"),
					number(name + ".contended.cells"),
					number(name + ".contended.heap") + number(name + ".contended.cells")));
		}
		line("");
	}

	private double number(String key) {
		return Double.parseDouble(this.memory.getProperty(key, "NaN"));
	}

	private void scrape() {
		String stock = "ScrapeBenchmark.stockPrometheus";
		String ours = "ScrapeBenchmark.ourPrometheus";
		this.samples.ratio("scrape", 1, stock, ours).ifPresent((ratio) -> {
			line("## Scrape");
			line("");
			line(String.format(Locale.ROOT, "A scrape of %,d counters, of which half have seen fractions.",
					ScrapeBenchmark.METERS));
			line("");
			line("| | ms |");
			line("|---|---|");
			for (String benchmark : List.of(ours, stock)) {
				this.samples.nanos("scrape", 1, benchmark)
					.map((nanos) -> new Figure(nanos.median() / 1e6, nanos.min() / 1e6, nanos.max() / 1e6))
					.ifPresent((millis) -> line("| " + (benchmark.equals(ours) ? "**our Prometheus registry**"
							: "Micrometer Prometheus registry") + " | " + millis + " |"));
			}
			line("| ratio; goal: at least 1 | " + ratio + ((ratio.median() < 1) ? MISSED + SLOWER : "") + " |");
			line("");
		});
	}

	private static String threadHeader() {
		return THREADS.stream().map(Report::threads).collect(Collectors.joining(" | "));
	}

	private static String threads(int threads) {
		return threads + ((threads == 1) ? " thread" : " threads");
	}

	private void line(String line) {
		this.text.append(line).append('\n');
	}

}
