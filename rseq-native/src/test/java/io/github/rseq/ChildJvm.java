package io.github.rseq;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;

/**
 * A JVM of its own, of this one's version and class path: for what can be set only at
 * start, for what holds for a whole process, and for what must not touch the other tests.
 */
public final class ChildJvm {

	/**
	 * Options for tests of what is collected: what caches keep by soft references is not
	 * a leak.
	 */
	public static final String[] COLLECTED = { "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:SoftRefLRUPolicyMSPerMB=0" };

	private final Class<?> main;

	private final List<String> prefix = new ArrayList<>();

	private final List<String> options = new ArrayList<>();

	private final List<String> arguments = new ArrayList<>();

	private final Map<String, String> environment = new HashMap<>();

	private String classPath = System.getProperty("java.class.path");

	private boolean nativeAccess = true;

	private int timeoutSeconds = 60;

	public ChildJvm(Class<?> main) {
		this.main = main;
	}

	/**
	 * Options of the JVM.
	 */
	public ChildJvm options(String... options) {
		this.options.addAll(List.of(options));
		return this;
	}

	/**
	 * Arguments of the main method.
	 */
	public ChildJvm arguments(Object... arguments) {
		for (Object argument : arguments) {
			this.arguments.add(String.valueOf(argument));
		}
		return this;
	}

	public ChildJvm environment(String name, String value) {
		this.environment.put(name, value);
		return this;
	}

	/**
	 * A command that starts the JVM, such as {@code unshare -m}.
	 */
	public ChildJvm startedBy(String... prefix) {
		this.prefix.addAll(List.of(prefix));
		return this;
	}

	/**
	 * A class path that has nothing of this JVM's.
	 */
	public ChildJvm classPath(List<String> entries) {
		this.classPath = String.join(":", entries);
		return this;
	}

	public ChildJvm classPathWithout(String part) {
		List<String> entries = new ArrayList<>(List.of(this.classPath.split(":")));
		entries.removeIf((entry) -> entry.contains(part));
		this.classPath = String.join(":", entries);
		return this;
	}

	public ChildJvm classPathWith(Path entry) {
		this.classPath = entry + ":" + this.classPath;
		return this;
	}

	public ChildJvm withoutNativeAccess() {
		this.nativeAccess = false;
		return this;
	}

	/**
	 * For how long it may run, if not for a minute.
	 */
	public ChildJvm timeout(int seconds) {
		this.timeoutSeconds = seconds;
		return this;
	}

	/**
	 * Runs it to its end.
	 * @return the properties it printed, with its exit status as {@code exit} and all it
	 * printed as {@code output}
	 */
	public Properties run() throws IOException, InterruptedException {
		Path output = Files.createTempFile("child-jvm-", ".out");
		try {
			ProcessBuilder builder = new ProcessBuilder(command()).redirectErrorStream(true)
				.redirectOutput(output.toFile());
			builder.environment()
				.keySet()
				.removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "GLIBC_TUNABLES"));
			builder.environment().putAll(this.environment);
			Process process = builder.start();
			try {
				if (!process.waitFor(this.timeoutSeconds, TimeUnit.SECONDS)) {
					throw new IllegalStateException(
							"No end after " + this.timeoutSeconds + " s: " + builder.command() + "\n" + read(output));
				}
			}
			finally {
				process.destroyForcibly();
			}
			return parse(read(output), process.exitValue());
		}
		finally {
			Files.delete(output);
		}
	}

	private List<String> command() {
		List<String> command = new ArrayList<>(this.prefix);
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:-CreateCoredumpOnCrash",
				"-XX:ErrorFile=target/child-jvm-%p.log"));
		int feature = Runtime.version().feature();
		boolean incubator = ModuleLayer.boot().findModule("jdk.incubator.foreign").isPresent();
		if (incubator) {
			command.addAll(List.of("--add-modules", "jdk.incubator.foreign"));
		}
		if (this.nativeAccess && (incubator || feature >= 22)) {
			command.add("--enable-native-access=ALL-UNNAMED");
		}
		command.addAll(this.options);
		command.addAll(List.of("-cp", this.classPath, this.main.getName()));
		command.addAll(this.arguments);
		return command;
	}

	private static String read(Path file) throws IOException {
		return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
	}

	private static Properties parse(String output, int exit) {
		Properties properties = new Properties();
		output.lines().filter((line) -> line.startsWith("> ")).forEach((line) -> {
			int equals = line.indexOf('=');
			properties.setProperty(line.substring(2, equals), line.substring(equals + 1));
		});
		properties.setProperty("exit", Integer.toString(exit));
		properties.setProperty("output", output);
		return properties;
	}

	/**
	 * Prints a property for the parent, in the child.
	 */
	public static void print(String name, Object value) {
		System.out.println("> " + name + "=" + String.valueOf(value).replace('\n', ' '));
	}

}
