package io.github.rseq.faults;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A fault that another process brings about, again and again.
 */
interface Outside extends AutoCloseable {

	/**
	 * Makes it happen.
	 * @return whether it has
	 */
	boolean happen() throws IOException, InterruptedException;

	/**
	 * Puts back what it has changed.
	 */
	@Override
	void close() throws IOException, InterruptedException;

	static boolean isInstalled(String program) {
		for (String directory : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
			if (Files.isExecutable(Path.of(directory, program))) {
				return true;
			}
		}
		return false;
	}

	static int run(String... command) throws IOException, InterruptedException {
		return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(Redirect.DISCARD).start().waitFor();
	}

	/**
	 * The CPUs that this process may use.
	 */
	static List<Integer> cpus() {
		try {
			for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
				if (line.startsWith("Cpus_allowed_list:")) {
					return parse(line.substring(line.indexOf(':') + 1).strip());
				}
			}
			return List.of();
		}
		catch (IOException ex) {
			return List.of();
		}
	}

	private static List<Integer> parse(String list) {
		List<Integer> cpus = new ArrayList<>();
		for (String range : list.split(",")) {
			String[] ends = range.split("-");
			for (int cpu = Integer.parseInt(ends[0]); cpu <= Integer.parseInt(ends[ends.length - 1]); cpu++) {
				cpus.add(cpu);
			}
		}
		return cpus;
	}

	static @Nullable String fewCpus() {
		return (cpus().size() > 1) ? null : "There is one CPU only";
	}

	static String join(List<Integer> cpus) {
		return String.join(",", cpus.stream().map(String::valueOf).toList());
	}

}
