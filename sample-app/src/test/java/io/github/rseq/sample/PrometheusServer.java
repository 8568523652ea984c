package io.github.rseq.sample;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A real Prometheus that scrapes one sample every second.
 */
final class PrometheusServer implements AutoCloseable {

	private static final JsonMapper json = JsonMapper.builder().build();

	private final HttpClient client = HttpClient.newHttpClient();

	private final int port;

	private final Path log;

	private final Process process;

	private final Thread lastResort;

	PrometheusServer(Path directory, int samplePort) throws IOException {
		this.port = freePort();
		this.log = directory.resolve("prometheus.log");
		Path config = Files.writeString(directory.resolve("prometheus.yml"), """
				global:
				  scrape_interval: 1s
				scrape_configs:
				  - job_name: sample
				    metrics_path: /actuator/prometheus
				    static_configs:
				      - targets: ['127.0.0.1:%d']
				""".formatted(samplePort));
		this.process = new ProcessBuilder("prometheus", "--config.file=" + config,
				"--storage.tsdb.path=" + directory.resolve("prometheus-data"),
				"--web.listen-address=127.0.0.1:" + this.port, "--log.level=warn")
			.redirectErrorStream(true)
			.redirectOutput(this.log.toFile())
			.start();
		this.lastResort = new Thread(this.process::destroyForcibly, "end prometheus");
		Runtime.getRuntime().addShutdownHook(this.lastResort);
	}

	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return socket.getLocalPort();
		}
	}

	/**
	 * Ask for the value of an expression that has one.
	 * @param expression an expression in PromQL
	 * @return its value, or NaN where Prometheus has none yet
	 */
	double query(String expression) throws IOException, InterruptedException {
		if (!this.process.isAlive()) {
			throw new IllegalStateException("Prometheus ended: " + Files.readString(this.log));
		}
		URI uri = URI.create("http://127.0.0.1:" + this.port + "/api/v1/query?query="
				+ URLEncoder.encode(expression, StandardCharsets.UTF_8));
		String body;
		try {
			body = this.client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
		}
		catch (IOException ex) {
			return Double.NaN;
		}
		if (!body.startsWith("{")) {
			return Double.NaN;
		}
		JsonNode value = json.readTree(body).path("data").path("result").path(0).path("value").path(1);
		return value.isString() ? Double.parseDouble(value.asString()) : Double.NaN;
	}

	@Override
	public void close() throws InterruptedException {
		this.process.destroyForcibly();
		this.process.waitFor(10, TimeUnit.SECONDS);
		Runtime.getRuntime().removeShutdownHook(this.lastResort);
	}

}
