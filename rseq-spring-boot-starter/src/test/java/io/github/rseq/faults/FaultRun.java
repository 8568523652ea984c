package io.github.rseq.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

/**
 * What came of {@link FaultMain} in a JVM of its own.
 *
 * @param exit its exit status
 * @param output all it printed
 * @param printed the properties among that
 * @param outside how often another process has brought the fault about
 */
record FaultRun(int exit, String output, Properties printed, long outside) {

	static FaultRun of(Fault fault, Path libraries, Path directory, long millis)
			throws IOException, InterruptedException {
		Path output = Files.createTempFile(directory, "fault", ".out");
		ProcessBuilder builder = new ProcessBuilder(command(fault, libraries, directory, millis))
			.redirectErrorStream(true)
			.redirectOutput(output.toFile());
		builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "GLIBC_TUNABLES"));
		Process process = builder.start();
		long outside = 0;
		try {
			outside = await(process, output, fault, TimeUnit.MINUTES.toNanos(10) + millis * 50_000_000);
		}
		finally {
			process.destroyForcibly().waitFor();
		}
		String text = Files.readString(output);
		return new FaultRun(process.exitValue(), text, parse(text), outside);
	}

	private static List<String> command(Fault fault, Path libraries, Path directory, long millis) {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(List.of("-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=target/fault-%p.log"));
		int feature = Runtime.version().feature();
		if (feature == 17) {
			command.addAll(List.of("--add-modules", "jdk.incubator.foreign"));
		}
		if (feature == 17 || feature >= 22) {
			command.add("--enable-native-access=ALL-UNNAMED");
		}
		command.addAll(fault.collector());
		command.addAll(fault.options(directory));
		command.addAll(List.of("-cp", System.getProperty("java.class.path"), FaultMain.class.getName(), fault.name(),
				libraries.toString(), Long.toString(millis)));
		return command;
	}

	private static long await(Process process, Path output, Fault fault, long nanos)
			throws IOException, InterruptedException {
		long deadline = System.nanoTime() + nanos;
		while (process.isAlive() && !Files.readString(output).contains("> ready=")) {
			Thread.sleep(20);
		}
		long happened = 0;
		try (Outside outside = fault.outside(process.pid())) {
			while (outside != null && process.isAlive() && System.nanoTime() < deadline) {
				happened += outside.happen() ? 1 : 0;
			}
			if (!process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
				throw new IllegalStateException("No end: " + fault + "\n" + Files.readString(output));
			}
		}
		return happened;
	}

	private static Properties parse(String output) {
		Properties printed = new Properties();
		output.lines().filter((line) -> line.startsWith("> ") && line.contains("=")).forEach((line) -> {
			int equals = line.indexOf('=');
			printed.setProperty(line.substring(2, equals), line.substring(equals + 1));
		});
		return printed;
	}

	String get(Sections sections, String name) {
		@Nullable String value = this.printed.getProperty(sections + "." + name);
		if (value == null) {
			throw new IllegalStateException("No " + sections + "." + name + " in " + this.output);
		}
		return value;
	}

	long number(Sections sections, String name) {
		return Long.parseLong(get(sections, name));
	}

	/**
	 * How often the fault has happened while the shipped sections were in use, or from
	 * outside.
	 */
	long happened() {
		return (this.outside > 0) ? this.outside : number(Sections.SHIPPED, "happened");
	}

}
