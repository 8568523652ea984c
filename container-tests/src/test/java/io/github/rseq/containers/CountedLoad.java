package io.github.rseq.containers;

import java.util.List;
import java.util.Map;

import io.github.rseq.sample.HttpLoad;
import io.github.rseq.sample.Shop;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Real requests, and what every meter must have counted of them.
 */
final class CountedLoad {

	private static final List<String> CYCLE = List.of(order("coffee", 1), order("tea", 2),
			HttpLoad.get("/quote?product=tea&days=2&paths=5"), order("honey", 3), order("beer", 1));

	private final Shop shop;

	private final long cycles;

	private CountedLoad(Shop shop, long cycles) {
		this.shop = shop;
		this.cycles = cycles;
	}

	/**
	 * Send requests, of which each fifth is for a quote and each fifth is refused.
	 * @param connections how many connections
	 * @param cycles how many times five requests each of them sends
	 */
	static CountedLoad send(Shop shop, int connections, int cycles) throws Exception {
		long all = (long) connections * cycles;
		Map<Integer, Long> statuses = new HttpLoad(shop.port(), CYCLE).send(connections, cycles * CYCLE.size());
		assertThat(statuses).isEqualTo(Map.of(201, 3 * all, 200, all, 422, all));
		return new CountedLoad(shop, all);
	}

	/**
	 * Assert that each request was counted once.
	 */
	void assertCounted() throws Exception {
		// Boot counts a request once it was answered, so the last ones may lag
		this.shop.awaitMetric("http.server.requests", 4 * this.cycles, "uri:/orders");
		this.shop.awaitMetric("http.server.requests", this.cycles, "uri:/quote");
		assertScraped("orders_placed_total", 3 * this.cycles, "accepted");
		assertScraped("orders_placed_total", this.cycles, "unknown_product");
		assertScraped("orders_items_total", 6 * this.cycles);
		assertScraped("orders_revenue_euros_total", (12.50 + 2 * 8.25 + 3 * 6.00) * this.cycles);
		assertScraped("orders_total_euros_count", 3 * this.cycles);
		assertScraped("orders_placing_seconds_count", 4 * this.cycles);
		assertScraped("quotes_paths_total", 5 * this.cycles);
		assertScraped("http_server_requests_seconds_count", 3 * this.cycles, "uri=\"/orders\"", "status=\"201\"");
		assertScraped("http_server_requests_seconds_count", this.cycles, "uri=\"/orders\"", "status=\"422\"");
	}

	private void assertScraped(String family, double expected, String... labels) throws Exception {
		assertThat(this.shop.scraped(family, labels)).as(family).isEqualTo(expected);
	}

	/**
	 * Assert that one timer has everything in its per-CPU cells, but what sections gave
	 * up on.
	 * @return the CPUs on which, with what was counted there
	 */
	JsonNode assertTimedPerCpu() throws Exception {
		JsonNode timer = timer();
		double perCpu = 0;
		for (JsonNode value : timer.path("perCpu")) {
			perCpu += value.asDouble();
		}
		double fallback = timer.path("fallback").asDouble();
		assertThat(perCpu + fallback).as("%s", timer).isEqualTo(4 * this.cycles);
		assertThat(fallback).as("%s", timer)
			.isLessThanOrEqualTo(this.shop.json("/actuator/rseq").path("aborts").path("fallback").asDouble());
		return timer.path("perCpu");
	}

	/**
	 * Assert that one timer has everything in its cells in Java.
	 */
	void assertTimedInJava() throws Exception {
		JsonNode timer = timer();
		assertThat(timer.path("perCpu")).as("%s", timer).isEmpty();
		assertThat(timer.path("fallback").asDouble()).as("%s", timer).isEqualTo(4 * this.cycles);
	}

	private JsonNode timer() throws Exception {
		return this.shop.json("/actuator/rseq/orders.placing")
			.path("registries")
			.path("prometheusMeterRegistry")
			.path(0);
	}

	private static String order(String product, int quantity) {
		return HttpLoad.post("/orders", "{\"product\":\"%s\",\"quantity\":%d}".formatted(product, quantity));
	}

}
