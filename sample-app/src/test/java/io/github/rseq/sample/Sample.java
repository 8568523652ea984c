package io.github.rseq.sample;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The packaged jar, running as a process on the JDK that runs the tests, on a port the
 * system chose.
 */
final class Sample extends Shop implements AutoCloseable {

	private static final Duration START = Duration.ofSeconds(120);

	private static final Pattern PORT = Pattern.compile("the shop +http://localhost:(\\d+)/");

	private final List<String> command;

	private final Path output;

	private final Path error;

	private final Process process;

	private int port;

	private Sample(List<String> command, Map<String, String> environment, Path directory) throws IOException {
		this.command = command;
		this.output = Files.createTempFile(directory, "sample", ".out");
		this.error = Files.createTempFile(directory, "sample", ".err");
		ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(this.output.toFile())
			.redirectError(this.error.toFile())
			.directory(directory.toFile());
		// What the build's own environment says must not decide what is tested
		List.of("GLIBC_TUNABLES", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")
			.forEach(builder.environment()::remove);
		builder.environment().keySet().removeIf((name) -> name.startsWith("RSEQ_") || name.startsWith("MANAGEMENT_"));
		builder.environment().putAll(environment);
		this.process = builder.start();
		this.process.getOutputStream().close();
	}

	static Launch launch(Path directory) {
		return new Launch(directory);
	}

	/**
	 * Wait until the shop is open.
	 */
	void awaitOpen() throws IOException, InterruptedException {
		long deadline = System.nanoTime() + START.toNanos();
		while (System.nanoTime() < deadline) {
			Matcher matcher = PORT.matcher(output());
			if (matcher.find()) {
				this.port = Integer.parseInt(matcher.group(1));
				return;
			}
			if (!this.process.isAlive()) {
				throw new IllegalStateException("The sample ended with exit status " + this.process.exitValue());
			}
			Thread.sleep(50);
		}
		throw new IllegalStateException("The sample did not open in " + START);
	}

	/**
	 * Wait until the process has ended by itself.
	 * @return its exit status
	 */
	int awaitExit() throws InterruptedException {
		if (!this.process.waitFor(START.toSeconds(), TimeUnit.SECONDS)) {
			throw new IllegalStateException("The sample did not end in " + START);
		}
		return this.process.exitValue();
	}

	@Override
	public int port() {
		return this.port;
	}

	long pid() {
		return this.process.pid();
	}

	String output() throws IOException {
		return Files.readString(this.output);
	}

	String error() throws IOException {
		return Files.readString(this.error);
	}

	String log() {
		try {
			return String.join(" ", this.command) + "\n" + output() + error();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		this.process.descendants().forEach(ProcessHandle::destroyForcibly);
		this.process.destroyForcibly();
		try {
			this.process.waitFor(10, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * How the sample is to be started.
	 */
	static final class Launch {

		private final Path directory;

		private final List<String> prefix = new ArrayList<>();

		private final List<String> jvm = new ArrayList<>();

		private final List<String> main = new ArrayList<>(List.of("-jar", jar()));

		private final List<String> arguments = new ArrayList<>(List.of("--spring.main.banner-mode=off"));

		private String port = "0";

		private final Map<String, String> environment = new HashMap<>();

		private Launch(Path directory) {
			this.directory = directory;
		}

		private static String jar() {
			String jar = System.getProperty("sample.jar");
			if (jar == null || !new File(jar).isFile()) {
				throw new IllegalStateException("'sample.jar' must name the packaged jar: run ./mvnw verify");
			}
			return jar;
		}

		/**
		 * Put a command before {@code java}.
		 */
		Launch by(String... command) {
			this.prefix.addAll(List.of(command));
			return this;
		}

		/**
		 * Start from a class path rather than with {@code -jar}, so that the manifest's
		 * {@code Enable-Native-Access} isn't read.
		 */
		Launch fromClassPath() {
			this.main.clear();
			this.main.addAll(List.of("-cp", jar(), "org.springframework.boot.loader.launch.JarLauncher"));
			return this;
		}

		/**
		 * Add a bean's class to the packaged application.
		 * @param classes the class path entry that it lies in
		 * @param bean its name
		 */
		Launch with(Path classes, String bean) {
			this.main.clear();
			this.main.addAll(List.of("-Dloader.path=" + classes, "-cp", jar(),
					"org.springframework.boot.loader.launch.PropertiesLauncher"));
			return argument("--spring.main.sources=" + bean);
		}

		/**
		 * Optimise for a quick start; for tests that don't send many requests.
		 */
		Launch quick() {
			return jvm("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m");
		}

		Launch jvm(String... options) {
			this.jvm.addAll(List.of(options));
			return this;
		}

		Launch argument(String... arguments) {
			this.arguments.addAll(List.of(arguments));
			return this;
		}

		Launch port(String port) {
			this.port = port;
			return this;
		}

		Launch environment(String name, String value) {
			this.environment.put(name, value);
			return this;
		}

		Sample start() throws IOException {
			List<String> command = new ArrayList<>(this.prefix);
			command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
			command.addAll(this.jvm);
			command.addAll(this.main);
			command.add("--server.port=" + this.port);
			command.addAll(this.arguments);
			return new Sample(command, this.environment, this.directory);
		}

	}

}
