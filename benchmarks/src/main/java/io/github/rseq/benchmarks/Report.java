package io.github.rseq.benchmarks;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/**
 * Writes the page on what one part of run.sh has measured, and its picture:
 * {@code results.md} and {@code counters.svg}, or {@code timers.md} and
 * {@code timers.svg}.
 */
final class Report {

	private Report() {
	}

	public static void main(String[] args) throws IOException {
		Path from = Path.of(args[1]);
		Path to = Path.of(args[2]);
		Properties machine = properties(from.resolve("machine.properties"));
		Properties memory = properties(from.resolve("memory.properties"));
		Samples samples = Samples.read(from, Integer.parseInt(machine.getProperty("cpus")));
		Files.createDirectories(to);
		switch (args[0]) {
			case "counters" -> {
				Files.writeString(to.resolve("results.md"), CountersPage.markdown(samples, machine, memory));
				Files.writeString(to.resolve("counters.svg"), CountersPage.plot(samples, machine));
			}
			case "timers" -> {
				Files.writeString(to.resolve("timers.md"), TimersPage.markdown(samples, machine, memory));
				Files.writeString(to.resolve("timers.svg"), TimersPage.plot(samples, machine));
			}
			default -> throw new IllegalArgumentException("There is no part " + args[0]);
		}
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

}
