package io.github.rseq.sample;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A running shop as its clients see it, over HTTP on the loopback interface.
 */
public abstract class Shop {

	private static final JsonMapper json = JsonMapper.builder().build();

	private final HttpClient client = HttpClient.newHttpClient();

	/**
	 * The port on which the shop is open.
	 */
	public abstract int port();

	public HttpResponse<String> get(String path) throws IOException, InterruptedException {
		return send(HttpRequest.newBuilder(uri(path)).GET());
	}

	public HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
		return send(HttpRequest.newBuilder(uri(path))
			.header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofString(body)));
	}

	private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
		return this.client.send(request.timeout(Duration.ofSeconds(30)).build(), BodyHandlers.ofString());
	}

	private URI uri(String path) {
		return URI.create("http://127.0.0.1:" + port() + path);
	}

	public JsonNode json(String path) throws IOException, InterruptedException {
		HttpResponse<String> response = get(path);
		if (response.statusCode() != 200) {
			throw new IllegalStateException(path + " answered " + response.statusCode() + ": " + response.body());
		}
		return json.readTree(response.body());
	}

	/**
	 * Ask {@code /actuator/rseq} for the state.
	 */
	public String state() throws IOException, InterruptedException {
		return json("/actuator/rseq").path("state").asString();
	}

	/**
	 * Sum up all samples of a family in {@code /actuator/prometheus} that have the
	 * labels.
	 */
	public double scraped(String family, String... labels) throws IOException, InterruptedException {
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
	public double metric(String name, String... tags) throws IOException, InterruptedException {
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
	public void awaitMetric(String name, double expected, String... tags) throws IOException, InterruptedException {
		long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
		double count = metric(name, tags);
		while (count < expected && System.nanoTime() < deadline) {
			Thread.sleep(20);
			count = metric(name, tags);
		}
		assertThat(count).as(name).isEqualTo(expected);
	}

}
