package io.github.rseq.sample;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * A program that a test needs and a machine may lack.
 */
final class Tool {

	private Tool() {
	}

	/**
	 * Skip the test, with the reason, where a program is not installed.
	 * @param names the programs' names
	 */
	static void assumeInstalled(String... names) {
		for (String name : names) {
			assumeThat(isInstalled(name)).as("'%s' is not installed", name).isTrue();
		}
	}

	static boolean isInstalled(String name) {
		for (String directory : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
			if (Files.isExecutable(Path.of(directory, name))) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Run a program to its end.
	 * @param directory where to keep its output
	 * @param input what it reads
	 * @param command the program and its arguments
	 */
	static Result run(Path directory, String input, List<String> command) throws IOException, InterruptedException {
		Path in = Files.writeString(Files.createTempFile(directory, "tool", ".in"), input);
		Path out = Files.createTempFile(directory, "tool", ".out");
		Process process = new ProcessBuilder(command).redirectErrorStream(true)
			.redirectInput(in.toFile())
			.redirectOutput(out.toFile())
			.start();
		try {
			if (!process.waitFor(60, TimeUnit.SECONDS)) {
				throw new IllegalStateException(command + " did not end");
			}
			return new Result(process.exitValue(), Files.readString(out, StandardCharsets.UTF_8));
		}
		finally {
			process.destroyForcibly();
		}
	}

	/**
	 * What came of a program.
	 */
	record Result(int status, String output) {
	}

}
