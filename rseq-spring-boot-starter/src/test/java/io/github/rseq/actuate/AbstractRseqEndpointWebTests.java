package io.github.rseq.actuate;

import java.util.ArrayList;
import java.util.List;

import io.github.rseq.Rseq;
import io.github.rseq.testsupport.RestoreRseq;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.Banner;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.client.SimpleClientHttpRequestFactory;
import org.springframework.test.web.servlet.client.RestTestClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RseqEndpoint} over HTTP, for every kind of web application.
 */
@TestInstance(Lifecycle.PER_CLASS)
@ExtendWith(RestoreRseq.class)
abstract class AbstractRseqEndpointWebTests {

	private final List<ConfigurableApplicationContext> contexts = new ArrayList<>();

	private RestTestClient readable;

	private RestTestClient writable;

	abstract WebApplicationType webApplicationType();

	@BeforeAll
	void start() {
		this.readable = start("--management.endpoints.web.exposure.include=rseq");
		this.writable = start("--management.endpoints.web.exposure.include=rseq",
				"--management.endpoint.rseq.access=unrestricted");
		this.contexts.get(1).getBean(MeterRegistry.class).counter("shop.orders", "state", "new").increment(3);
	}

	@AfterAll
	void stop() {
		this.contexts.forEach(ConfigurableApplicationContext::close);
	}

	@Test
	void getTellsTheState() {
		this.readable.get()
			.uri("/actuator/rseq")
			.exchange()
			.expectStatus()
			.isOk()
			.expectBody()
			.jsonPath("$.state")
			.isEqualTo(Rseq.status().state().name())
			.jsonPath("$.enabled")
			.isEqualTo(true)
			.jsonPath("$.availability.available")
			.isBoolean()
			.jsonPath("$.platform.java")
			.isEqualTo(Runtime.version().feature())
			.jsonPath("$.binding")
			.isEqualTo(Rseq.status().binding().name())
			.jsonPath("$.adders")
			.isEqualTo(Rseq.status().adders().name())
			.jsonPath("$.registration")
			.isEqualTo(Rseq.status().registration().name())
			.jsonPath("$.asked.registration")
			.isEqualTo("AUTO")
			.jsonPath("$.asked.sharding")
			.isEqualTo("CPU")
			.jsonPath("$.cpus.available")
			.isNumber()
			.jsonPath("$.cpus.numaNodes")
			.value((nodes) -> assertThat(nodes).hasToString(numaNodes()))
			.jsonPath("$.aborts.total")
			.isNumber()
			.jsonPath("$.aborts.perCpu")
			.isMap()
			.jsonPath("$.memory.used")
			.isNumber()
			.jsonPath("$.memory.refused")
			.isNumber()
			.jsonPath("$.memory.exhausted")
			.isEqualTo(false)
			.jsonPath("$.meters.prometheusMeterRegistry.counter.perCpu")
			.isNumber();
	}

	private static String numaNodes() {
		return Rseq.status().cpus().numaNodes().toString();
	}

	@Test
	void getLeavesOutWhatIsUnknown() {
		Rseq.setEnabled(false);
		this.readable.get()
			.uri("/actuator/rseq")
			.exchange()
			.expectStatus()
			.isOk()
			.expectBody(String.class)
			.value((body) -> assertThat(body).contains("\"state\":\"DISABLED\"").doesNotContain("null"));
	}

	@Test
	void getOfAMeterTellsItsValues() {
		this.writable.get()
			.uri("/actuator/rseq/shop.orders")
			.exchange()
			.expectStatus()
			.isOk()
			.expectBody()
			.jsonPath("$.name")
			.isEqualTo("shop.orders")
			.jsonPath("$.registries.prometheusMeterRegistry[0].tags.state")
			.isEqualTo("new")
			.jsonPath("$.registries.prometheusMeterRegistry[0].total")
			.isEqualTo(3.0)
			.jsonPath("$.registries.prometheusMeterRegistry[0].fallback")
			.isNumber();
	}

	@Test
	void getOfAnUnknownMeterIsNotFound() {
		this.readable.get().uri("/actuator/rseq/no.such.meter").exchange().expectStatus().isNotFound();
	}

	@Test
	void postSwitchesOffAndOn() {
		post(this.writable, "{\"enabled\":false}").expectStatus().isNoContent();
		assertThat(Rseq.isEnabled()).isFalse();
		post(this.writable, "{\"enabled\":true}").expectStatus().isNoContent();
		assertThat(Rseq.isEnabled()).isTrue();
	}

	@Test
	void postWithoutAccessIsNotAllowed() {
		post(this.readable, "{\"enabled\":false}").expectStatus().isEqualTo(405);
		assertThat(Rseq.isEnabled()).isTrue();
	}

	@Test
	void postBeyondThePermittedAccessIsNotAllowed() {
		RestTestClient capped = start("--management.endpoints.web.exposure.include=rseq",
				"--management.endpoint.rseq.access=unrestricted",
				"--management.endpoints.access.max-permitted=read_only");
		post(capped, "{\"enabled\":false}").expectStatus().isEqualTo(405);
		assertThat(Rseq.isEnabled()).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "{}", "{\"enabled\":null}", "{\"enabled\":\"maybe\"}", "{\"enabled\":7}",
			"{\"enabled\":{}}", "{\"enable\":false}", "[]", "{", "false" })
	void postOfAWrongBodyIsABadRequest(String body) {
		post(this.writable, body).expectStatus().isBadRequest();
		assertThat(Rseq.isEnabled()).isTrue();
	}

	@Test
	void postWithoutABodyIsUnsupported() {
		this.writable.post().uri("/actuator/rseq").exchange().expectStatus().isEqualTo(415);
		assertThat(Rseq.isEnabled()).isTrue();
	}

	@Test
	void postOfAnotherMediaTypeIsUnsupported() {
		this.writable.post()
			.uri("/actuator/rseq")
			.contentType(MediaType.TEXT_PLAIN)
			.body("enabled=false")
			.exchange()
			.expectStatus()
			.isEqualTo(415);
		assertThat(Rseq.isEnabled()).isTrue();
	}

	@Test
	void postToAMeterIsNotAllowed() {
		this.writable.post()
			.uri("/actuator/rseq/shop.orders")
			.contentType(MediaType.APPLICATION_JSON)
			.body("{\"enabled\":false}")
			.exchange()
			.expectStatus()
			.isEqualTo(405);
		assertThat(Rseq.isEnabled()).isTrue();
	}

	private static RestTestClient.ResponseSpec post(RestTestClient client, String body) {
		return client.post().uri("/actuator/rseq").contentType(MediaType.APPLICATION_JSON).body(body).exchange();
	}

	private RestTestClient start(String... args) {
		List<String> all = new ArrayList<>(List.of(args));
		all.add("--server.port=0");
		all.add("--management.jmx.metrics.export.enabled=false");
		ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
			.web(webApplicationType())
			.bannerMode(Banner.Mode.OFF)
			.run(all.toArray(String[]::new));
		this.contexts.add(context);
		WebServerApplicationContext server = (WebServerApplicationContext) context;
		assertThat(server.getWebServer()).isNotNull();
		// A connection for each request: Tomcat drops those it answered with 400
		return RestTestClient.bindToServer(new SimpleClientHttpRequestFactory())
			.baseUrl("http://localhost:" + server.getWebServer().getPort())
			.defaultHeader(HttpHeaders.CONNECTION, "close")
			.build();
	}

	@SpringBootConfiguration
	@EnableAutoConfiguration
	static class Application {

	}

}
