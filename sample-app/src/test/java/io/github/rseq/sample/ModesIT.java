package io.github.rseq.sample;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * The shop where the starter registers threads and where cells are by concurrency id: it
 * counts every request, and the endpoint calls things by their names.
 */
class ModesIT {

	private static final int CONNECTIONS = 4;

	private static final int REQUESTS = 500;

	@RegisterExtension
	private final Samples samples = new Samples();

	@TempDir
	@SuppressWarnings("NullAway.Init")
	private Path directory;

	@ParameterizedTest
	@CsvSource({ "self, cpu, perCpu", "libc, mm-cid, perConcurrencyId", "self, mm-cid, perConcurrencyId" })
	void everyRequestIsCounted(String registration, String sharding, String view) throws Exception {
		Sample.Launch launch = Sample.launch(this.directory)
			.quick()
			.argument("--rseq.registration=" + registration)
			.argument("--rseq.sharding=" + sharding)
			.argument("--rseq.binding=jni")
			.argument("--server.tomcat.max-keep-alive-requests=-1");
		if (registration.equals("self")) {
			launch.environment("GLIBC_TUNABLES", "glibc.pthread.rseq=0");
		}
		Sample sample = this.samples.open(launch);
		JsonNode rseq = sample.json("/actuator/rseq");
		assumeThat(rseq.path("availability").path("reason").asString("")).isNotEqualTo("MM_CID_UNAVAILABLE");
		assertThat(rseq.path("state").asString()).as("%s", rseq).isEqualTo("ACTIVE");
		assertThat(rseq.path("registration").asString()).isEqualToIgnoringCase(registration);
		assertThat(rseq.path("asked").path("registration").asString()).isEqualToIgnoringCase(registration);
		assertThat(rseq.path("sharding").asString()).isEqualToIgnoringCase(sharding.replace('-', '_'));
		assertThat(rseq.path("aborts").has(view)).isTrue();
		HttpLoad load = new HttpLoad(sample.port(),
				List.of(HttpLoad.post("/orders", "{\"product\":\"tea\",\"quantity\":1}")));
		assertThat(load.send(CONNECTIONS, REQUESTS)).isEqualTo(Map.of(201, (long) CONNECTIONS * REQUESTS));
		assertThat(sample.scraped("orders_placed_total")).isEqualTo(CONNECTIONS * REQUESTS);
		JsonNode value = sample.json("/actuator/rseq/orders.placed").path("registries").iterator().next().path(0);
		assertThat(value.path("total").asDouble()).isEqualTo(CONNECTIONS * REQUESTS);
		assertThat(value.path("fallback").asDouble()).isZero();
		double sum = 0;
		for (JsonNode cell : value.path(view)) {
			sum += cell.asDouble();
		}
		assertThat(sum).isEqualTo(CONNECTIONS * REQUESTS);
		assertThat(value.has("perCpu")).isEqualTo(view.equals("perCpu"));
		assertThat(value.has("perConcurrencyId")).isEqualTo(view.equals("perConcurrencyId"));
	}

}
