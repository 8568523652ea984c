package io.github.rseq.benchmarks;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Collectors;

/**
 * What the pages of the report have in common. What is slower than what it replaces, or
 * misses its goal, is marked by the figures, not by hand.
 */
final class Page {

	static final List<Integer> THREADS = List.of(1, 2, 8);

	static final String SLOWER = " **slower**";

	static final String MISSED = " **missed**";

	private final Samples samples;

	private final Properties machine;

	private final StringBuilder text = new StringBuilder();

	Page(Samples samples, Properties machine) {
		this.samples = samples;
		this.machine = machine;
	}

	void line(String line) {
		this.text.append(line).append('\n');
	}

	void line(String format, Object... arguments) {
		line(String.format(Locale.ROOT, format, arguments));
	}

	/**
	 * Title, machine and picture.
	 * @param title the title
	 * @param picture what the picture shows
	 * @param file its file
	 */
	void head(String title, String picture, String file) {
		line("# " + title);
		line("");
		line("Written by `" + this.machine.getProperty("command", "benchmarks/run.sh") + "`; do not edit.");
		line("");
		line("| machine | |");
		line("|---|---|");
		line("| CPU | " + this.machine.getProperty("cpu") + " |");
		line("| CPUs | " + this.machine.getProperty("cpus") + " |");
		line("| kernel | " + this.machine.getProperty("kernel") + " |");
		line("| C library | " + this.machine.getProperty("libc") + " |");
		line("| JDKs | "
				+ this.samples.all().stream().map(Sample::jdk).distinct().sorted().collect(Collectors.joining(", "))
				+ " |");
		line("| date | " + this.machine.getProperty("date") + " |");
		line("");
		line("![" + picture + "](" + file + ")");
		line("");
	}

	/**
	 * How figures come about.
	 * @param empty what is in all of them
	 * @param contended what all threads do
	 */
	void method(String empty, String contended) {
		line("Times are nanoseconds of one CPU for one operation: wall time x min(threads, CPUs) / operations of all");
		line("threads. " + empty + " Each round runs");
		line("every benchmark in a JVM of its own, one after the other; of a JVM's iterations the median counts. Shown is");
		line("the median of the rounds, in brackets their range. Ratios are taken within a round. " + contended);
		line("");
		line("Rounds: " + this.samples.all()
			.stream()
			.map(Sample::scenario)
			.distinct()
			.sorted()
			.map(this::rounds)
			.collect(Collectors.joining(", ")) + ".");
		line("");
	}

	private String rounds(String scenario) {
		List<Integer> threads = THREADS.stream().filter((count) -> this.samples.rounds(scenario, count) > 0).toList();
		long most = threads.stream().mapToLong((count) -> this.samples.rounds(scenario, count)).max().orElse(0);
		return "`" + scenario + "` " + most
				+ threads.stream()
					.filter((count) -> this.samples.rounds(scenario, count) < most)
					.map((count) -> " (" + threads(count) + ": " + this.samples.rounds(scenario, count) + ")")
					.collect(Collectors.joining());
	}

	/**
	 * A row of a table, if there is anything to show.
	 * @param rows where to add it
	 * @param label what the row is
	 * @param figures what it shows, each of them if it was measured
	 */
	static void row(List<String> rows, String label, List<Optional<String>> figures) {
		if (figures.stream().anyMatch(Optional::isPresent)) {
			rows.add("| " + label + " | "
					+ figures.stream().map((figure) -> figure.orElse("–")).collect(Collectors.joining(" | ")) + " |");
		}
	}

	/**
	 * A table, and its heading, if it has any rows.
	 * @param heading the heading with its marks
	 * @param columns the names of the columns
	 * @param rows its rows
	 */
	void table(String heading, List<String> columns, List<String> rows) {
		if (!rows.isEmpty()) {
			line(heading);
			line("");
			rows(columns, rows);
		}
	}

	void rows(List<String> columns, List<String> rows) {
		line("| " + String.join(" | ", columns) + " |");
		line("|---".repeat(columns.size()) + "|");
		rows.forEach(this::line);
		line("");
	}

	/**
	 * The text of a ratio of stock to ours.
	 * @param ratio the ratio
	 * @param goal what it should be at least, 0 for nothing
	 * @return the text, marked where it is below
	 */
	static String marked(Figure ratio, double goal) {
		return ratio + ((ratio.median() < goal) ? MISSED : "") + ((ratio.median() < 1) ? SLOWER : "");
	}

	static List<String> threads(List<Integer> threads) {
		return threads.stream().map(Page::threads).toList();
	}

	static String threads(int threads) {
		return threads + ((threads == 1) ? " thread" : " threads");
	}

	static String subtitle(Samples samples, Properties machine) {
		return "JDK " + samples.jdk("jdk25").orElse("?") + ", " + machine.getProperty("cpus") + " CPUs, "
				+ machine.getProperty("cpu") + ", " + machine.getProperty("date");
	}

	@Override
	public String toString() {
		return this.text.toString();
	}

}
