package io.github.rseq.benchmarks;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Properties;

import io.github.rseq.Rseq;
import io.github.rseq.RseqStatus.Platform;

/**
 * Writes down what machine this is, for the report: {@code machine.properties}.
 */
final class Machine {

	private Machine() {
	}

	public static void main(String[] args) throws IOException {
		Platform platform = Rseq.status().platform();
		Properties machine = new Properties();
		machine.setProperty("cpu", cpu());
		machine.setProperty("cpus", Integer.toString(Runtime.getRuntime().availableProcessors()));
		machine.setProperty("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
				+ System.getProperty("os.arch"));
		machine.setProperty("libc", String.valueOf(platform.libc()));
		machine.setProperty("date", LocalDate.now(ZoneOffset.UTC).toString());
		machine.setProperty("command", (args.length > 1) ? args[1] : "benchmarks/run.sh");
		try (Writer writer = Files.newBufferedWriter(Path.of(args[0]).resolve("machine.properties"))) {
			machine.store(writer, null);
		}
	}

	private static String cpu() throws IOException {
		String family = "";
		for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
			String[] parts = line.split(":", 2);
			if (line.startsWith("model name")) {
				return parts[1].strip() + (isVirtual() ? ", virtual machine" : "");
			}
			if (line.startsWith("CPU part")) {
				family = "ARM part" + parts[1];
			}
		}
		return family.isEmpty() ? "unknown" : family;
	}

	private static boolean isVirtual() throws IOException {
		return Files.readString(Path.of("/proc/cpuinfo")).contains(" hypervisor");
	}

}
