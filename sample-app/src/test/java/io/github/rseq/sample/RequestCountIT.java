package io.github.rseq.sample;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Every request is counted exactly once, end to end, while the switch is flipped: in the
 * shop's own counters and in Boot's {@code http.server.requests}, as
 * {@code /actuator/prometheus}, {@code /actuator/metrics} and a real Prometheus tell
 * them.
 */
class RequestCountIT {

	private static final int CONNECTIONS = 8;

	/**
	 * Each connection sends the {@link #CYCLE} so many times: 208,000 requests in all.
	 */
	private static final int CYCLES = 2_600;

	/** An off and an on each. */
	private static final int FLIPS = 12;

	private static final List<String> CYCLE = List.of(order("coffee", 1), order("tea", 2), order("coffee", 3),
			HttpLoad.get("/quote?product=tea&days=2&paths=5"), order("honey", 4), order("beer", 1),
			order("chocolate", 5), order("coffee", 0), HttpLoad.get("/orders/0"), order("tea", 6));

	private static final long REQUESTS = (long) CYCLE.size() * CYCLES * CONNECTIONS;

	private static final long ACCEPTED = 6L * CYCLES * CONNECTIONS;

	private static final long ONE_IN_TEN = (long) CYCLES * CONNECTIONS;

	private static final long ITEMS = (1 + 2 + 3 + 4 + 5 + 6) * ONE_IN_TEN;

	private static final double REVENUE = (12.50 * (1 + 3) + 8.25 * (2 + 6) + 6.00 * 4 + 3.75 * 5) * ONE_IN_TEN;

	/** What promtool remarks on Boot's own meters, with the starter or without. */
	private static final Set<String> STOCK_REMARKS = Set.of("http_server_requests_active_seconds no help text",
			"http_server_requests_active_seconds_max no help text", "http_server_requests_seconds no help text",
			"http_server_requests_seconds_max no help text",
			"jvm_compilation_time_ms_total metric names should not contain abbreviated units",
			"process_cpu_time_ns_total metric names should not contain abbreviated units",
			"system_cpu_count non-histogram and non-summary metrics should not have \"_count\" suffix",
			"tomcat_sessions_active_current_sessions no help text", "tomcat_sessions_active_max_sessions no help text",
			"tomcat_sessions_alive_max_seconds no help text", "tomcat_sessions_created_sessions_total no help text",
			"tomcat_sessions_expired_sessions_total no help text",
			"tomcat_sessions_rejected_sessions_total no help text");

	@RegisterExtension
	private static final Samples samples = new Samples();

	@TempDir
	@SuppressWarnings("NullAway.Init")
	private static Path directory;

	@SuppressWarnings("NullAway.Init")
	private static Sample sample;

	private static @Nullable PrometheusServer prometheus;

	private static Map<Integer, Long> statuses = Map.of();

	private static String on = "";

	@BeforeAll
	static void sendTheLoadAndFlipTheSwitch() throws Exception {
		// Tomcat ends a connection after 100 requests unless told otherwise
		Sample.Launch launch = Sample.launch(directory)
			.jvm("-Xmx256m")
			.argument("--server.tomcat.max-keep-alive-requests=-1");
		if (Runtime.version().feature() < 21) {
			// There counters stay in Java unless a binding is asked for by name
			launch.argument("--rseq.binding=jni");
		}
		sample = samples.open(launch);
		if (Tool.isInstalled("prometheus")) {
			PrometheusServer server = new PrometheusServer(directory, sample.port());
			prometheus = server;
			await("the first scrape", () -> server.query("up{job=\"sample\"}") == 1);
		}
		on = sample.state();
		HttpLoad load = new HttpLoad(sample.port(), CYCLE);
		ExecutorService executor = Executors.newSingleThreadExecutor();
		try {
			long start = System.nanoTime();
			Future<Map<Integer, Long>> sending = executor.submit(() -> load.send(CONNECTIONS, CYCLES * CYCLE.size()));
			flip(load, sending);
			statuses = sending.get();
			System.out.printf("%,d requests over %d connections, switched off and on %d times, state %s: %.1f s%n",
					load.answered(), CONNECTIONS, FLIPS, on, (System.nanoTime() - start) / 1e9);
		}
		finally {
			executor.shutdownNow();
		}
	}

	@AfterAll
	static void endPrometheus() throws Exception {
		if (prometheus != null) {
			prometheus.close();
		}
	}

	/**
	 * Flip the switch at equal distances of the load, so that it is flipped under load
	 * however fast the machine is.
	 */
	private static void flip(HttpLoad load, Future<?> sending) throws Exception {
		long distance = REQUESTS / (2 * FLIPS + 1);
		Cells before = cells();
		for (int flip = 1; flip <= 2 * FLIPS; flip++) {
			while (load.answered() < flip * distance && !sending.isDone()) {
				Thread.sleep(1);
			}
			assertThat(sending).as("the load, at flip %d", flip).isNotDone();
			boolean enabled = (flip % 2 == 0);
			Cells after = cells();
			if (enabled) {
				assertThat(after.fallback()).as("fallback cell after a phase without rseq")
					.isGreaterThan(before.fallback());
			}
			else if (on.equals("ACTIVE")) {
				assertThat(after.perCpu()).as("per-CPU cells after a phase with rseq").isGreaterThan(before.perCpu());
			}
			assertThat(sample.post("/actuator/rseq", "{\"enabled\":" + enabled + "}").statusCode()).isEqualTo(204);
			assertThat(sample.state()).isEqualTo(enabled ? on : "DISABLED");
			before = cells();
		}
	}

	@Test
	void everyRequestIsAnsweredAsExpected() {
		assertThat(REQUESTS).isGreaterThanOrEqualTo(200_000);
		assertThat(statuses).containsExactlyInAnyOrderEntriesOf(
				Map.of(201, ACCEPTED, 422, 2 * ONE_IN_TEN, 200, ONE_IN_TEN, 404, ONE_IN_TEN));
	}

	@Test
	void cellsHoldTheCountBetweenThem() throws Exception {
		assertThat(on).isIn("ACTIVE", "FALLBACK");
		Cells cells = cells();
		assertThat(cells.perCpu() + cells.fallback()).isEqualTo(ACCEPTED);
		assertThat(cells.fallback()).as("counted while switched off").isPositive();
		if (on.equals("ACTIVE")) {
			assertThat(cells.perCpu()).as("counted while switched on").isPositive();
		}
		else {
			assertThat(cells.perCpu()).isZero();
		}
	}

	@ParameterizedTest
	@MethodSource("counts")
	void scrapeCountsEveryRequestOnce(Count count) throws Exception {
		// Boot records a request after its answer was written, so the last ones may lag
		await("the last request's record", () -> sample.scraped(count.family(), count.labels()) >= count.expected());
		assertThat(sample.scraped(count.family(), count.labels())).isEqualTo(count.expected());
	}

	@ParameterizedTest
	@MethodSource("counts")
	void metricsEndpointCountsEveryRequestOnce(Count count) throws Exception {
		String[] tags = count.tags().toArray(String[]::new);
		await("the last request's record", () -> sample.metric(count.name(), tags) >= count.expected());
		assertThat(sample.metric(count.name(), tags)).isEqualTo(count.expected());
	}

	@ParameterizedTest
	@MethodSource("counts")
	void prometheusCountsEveryRequestOnce(Count count) throws Exception {
		PrometheusServer server = prometheus;
		assumeThat(server).as("'prometheus' is not installed").isNotNull();
		String expression = "sum(%s{%s})".formatted(count.family(), String.join(",", count.labels()));
		await("a scrape after the last request", () -> server.query(expression) >= count.expected());
		assertThat(server.query(expression)).isEqualTo(count.expected());
	}

	@Test
	void promtoolFindsNothingInTheScrapeButWhatItFindsInBootsOwnMeters() throws Exception {
		Tool.assumeInstalled("promtool");
		String scrape = sample.get("/actuator/prometheus").body();
		Tool.Result result = Tool.run(directory, scrape, List.of("promtool", "check", "metrics"));
		// 3 is promtool's status for a scrape that it can read and has remarks about
		assertThat(result.status()).as(result.output()).isIn(0, 3);
		assertThat(result.output().lines()).isSubsetOf(STOCK_REMARKS);
	}

	static List<Count> counts() {
		String requests = "http.server.requests";
		String requestCount = "http_server_requests_seconds_count";
		return List.of(new Count("orders.placed", "orders_placed_total", List.of("outcome:accepted"), ACCEPTED),
				new Count("orders.placed", "orders_placed_total", List.of("outcome:unknown_product"), ONE_IN_TEN),
				new Count("orders.placed", "orders_placed_total", List.of("outcome:invalid_quantity"), ONE_IN_TEN),
				new Count("orders.items", "orders_items_total", List.of(), ITEMS),
				new Count("orders.revenue", "orders_revenue_euros_total", List.of(), REVENUE),
				new Count("orders.total", "orders_total_euros_count", List.of(), ACCEPTED),
				new Count("orders.placing", "orders_placing_seconds_count", List.of(), ACCEPTED + 2 * ONE_IN_TEN),
				new Count("quotes.paths", "quotes_paths_total", List.of(), 5 * ONE_IN_TEN),
				new Count(requests, requestCount, List.of("uri:/orders"), ACCEPTED + 2 * ONE_IN_TEN),
				new Count(requests, requestCount, List.of("uri:/orders", "status:201"), ACCEPTED),
				new Count(requests, requestCount, List.of("uri:/orders", "status:422"), 2 * ONE_IN_TEN),
				new Count(requests, requestCount, List.of("uri:/quote", "status:200"), ONE_IN_TEN),
				new Count(requests, requestCount, List.of("uri:/orders/{id}", "status:404"), ONE_IN_TEN));
	}

	/**
	 * The cells of the counter of accepted orders.
	 */
	private static Cells cells() throws Exception {
		JsonNode registries = sample.json("/actuator/rseq/orders.placed").path("registries");
		for (JsonNode registry : registries) {
			for (JsonNode meter : registry) {
				if (meter.path("tags").path("outcome").asString().equals("accepted")) {
					double perCpu = 0;
					for (JsonNode value : meter.path("perCpu")) {
						perCpu += value.asDouble();
					}
					return new Cells(perCpu, meter.path("fallback").asDouble());
				}
			}
		}
		throw new AssertionError("No such meter in " + registries);
	}

	private static void await(String what, Callable<Boolean> condition) throws Exception {
		long deadline = System.nanoTime() + 30_000_000_000L;
		while (!condition.call()) {
			assertThat(System.nanoTime()).as("%s did not come within 30 s", what).isLessThan(deadline);
			Thread.sleep(100);
		}
	}

	private static String order(String product, int quantity) {
		return HttpLoad.post("/orders", "{\"product\":\"%s\",\"quantity\":%d}".formatted(product, quantity));
	}

	/**
	 * What one meter must have counted.
	 */
	private record Count(String name, String family, List<String> tags, double expected) {

		String[] labels() {
			return this.tags.stream().map((tag) -> tag.replaceFirst(":", "=\"") + "\"").toArray(String[]::new);
		}

	}

	/**
	 * What a counter's cells hold.
	 */
	private record Cells(double perCpu, double fallback) {
	}

}
