package io.github.rseq.testsupport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;

/**
 * A JVM of its own, of this one's version.
 */
public final class ChildJvm {

	private ChildJvm() {
	}

	/**
	 * Runs it to its end.
	 * @param directory where to put what it prints
	 * @param arguments options, class path, main class and its arguments
	 * @return the lines it printed of the form {@code > name=value}, its exit status as
	 * {@code exit} and everything as {@code output}
	 */
	public static Properties run(Path directory, List<String> arguments) throws IOException, InterruptedException {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
				// What caches keep by soft references is not a leak.
				"-XX:SoftRefLRUPolicyMSPerMB=0", "-XX:-CreateCoredumpOnCrash"));
		if (Runtime.version().feature() >= 22) {
			command.add("--enable-native-access=ALL-UNNAMED");
		}
		command.addAll(arguments);
		Path output = Files.createTempFile(directory, "child-", ".out");
		ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
		builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"));
		Process process = builder.start();
		try {
			if (!process.waitFor(6, TimeUnit.MINUTES)) {
				throw new IllegalStateException("No end after 6 minutes:\n" + Files.readString(output));
			}
		}
		finally {
			process.destroyForcibly();
		}
		Properties result = new Properties();
		Files.readAllLines(output).stream().filter((line) -> line.startsWith("> ")).forEach((line) -> {
			int equals = line.indexOf('=');
			result.setProperty(line.substring(2, equals), line.substring(equals + 1));
		});
		result.setProperty("exit", Integer.toString(process.exitValue()));
		result.setProperty("output", Files.readString(output));
		return result;
	}

}
