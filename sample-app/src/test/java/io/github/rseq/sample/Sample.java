package io.github.rseq.sample;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
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

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The packaged jar, running as a process on the JDK that runs the tests, on a port the
 * system chose.
 */
final class Sample implements AutoCloseable {

	private static final Duration START = Duration.ofSeconds(120);

	private static final Pattern PORT = Pattern.compile("the shop +http://localhost:(\\d+)/");

	private static final JsonMapper json = JsonMapper.builder().build();

	private final HttpClient client = HttpClient.newHttpClient();

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

	int port() {
		return this.port;
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

	HttpResponse<String> get(String path) throws IOException, InterruptedException {
		return send(HttpRequest.newBuilder(uri(path)).GET());
	}

	HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
		return send(HttpRequest.newBuilder(uri(path))
			.header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofString(body)));
	}

	private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
		return this.client.send(request.timeout(Duration.ofSeconds(30)).build(), BodyHandlers.ofString());
	}

	private URI uri(String path) {
		return URI.create("http://127.0.0.1:" + this.port + path);
	}

	JsonNode json(String path) throws IOException, InterruptedException {
		HttpResponse<String> response = get(path);
		if (response.statusCode() != 200) {
			throw new IllegalStateException(path + " answered " + response.statusCode() + ": " + response.body());
		}
		return json.readTree(response.body());
	}

	/**
	 * Ask {@code /actuator/rseq} for the state.
	 */
	String state() throws IOException, InterruptedException {
		return json("/actuator/rseq").path("state").asString();
	}

	/**
	 * Sum up all samples of a family in {@code /actuator/prometheus} that have the
	 * labels.
	 */
	double scraped(String family, String... labels) throws IOException, InterruptedException {
		double sum = 0;
		for (String line : get("/actuator/prometheus").body().split("\n")) {
			boolean matches = line.startsWith(family + "{") || line.startsWith(family + " ");
			for (String label : labels) {
				matches = matches && line.contains(label);
			}
			if (matches) {
				sum += Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
			}
		}
		return sum;
	}

	/**
	 * Ask {@code /actuator/metrics} for the COUNT of a meter.
	 */
	double metric(String name, String... tags) throws IOException, InterruptedException {
		StringBuilder path = new StringBuilder("/actuator/metrics/").append(name);
		for (int i = 0; i < tags.length; i++) {
			path.append((i == 0) ? "?tag=" : "&tag=").append(URLEncoder.encode(tags[i], StandardCharsets.UTF_8));
		}
		for (JsonNode measurement : json(path.toString()).path("measurements")) {
			if (measurement.path("statistic").asString().equals("COUNT")) {
				return measurement.path("value").asDouble();
			}
		}
		throw new IllegalStateException(path + " has no COUNT");
	}

	/**
	 * Wait until {@code /actuator/metrics} tells a COUNT. Boot records a request after
	 * its answer was written, so the last ones may lag.
	 */
	void awaitMetric(String name, double expected, String... tags) throws IOException, InterruptedException {
		long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
		double count = metric(name, tags);
		while (count < expected && System.nanoTime() < deadline) {
			Thread.sleep(20);
			count = metric(name, tags);
		}
		assertThat(count).as(name).isEqualTo(expected);
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
