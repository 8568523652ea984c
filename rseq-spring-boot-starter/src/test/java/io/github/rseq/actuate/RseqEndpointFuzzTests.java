package io.github.rseq.actuate;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

import io.github.rseq.Rseq;
import io.github.rseq.Fuzz;
import io.github.rseq.testsupport.RestoreRseq;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

import org.springframework.boot.Banner;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests of every kind, over HTTP, each also made to another endpoint of Boot's kind:
 * the answers have the same status, and nothing changes that was not asked for.
 */
@ExtendWith(RestoreRseq.class)
class RseqEndpointFuzzTests {

	private static final List<String> SELECTORS = List.of("shop.orders", "shop.clock", "http.server.requests", "jvm",
			"shop.orders?tag=state:new", "no.such.meter", "shop/orders", "..", "shop.orders;x=1");

	private static final List<String> BODIES = List.of("{\"enabled\":false}", "{\"enabled\":true}",
			"{\"enabled\":\"false\"}", "{\"enabled\":null}", "{\"enabled\":0}", "{}", "[]", "false", "",
			"{\"enabled\":{\"enabled\":false}}", "{\"enabled\":[false]}", "{\"enabled\":false,\"other\":1}",
			"{\"enabled\":false,\"enabled\":true}");

	private static final List<String> TYPES = List.of("application/json", "application/json;charset=UTF-8",
			"application/vnd.spring-boot.actuator.v3+json", "text/plain", "application/x-www-form-urlencoded", "json",
			"*/*");

	private final HttpClient client = HttpClient.newHttpClient();

	@ParameterizedTest
	@EnumSource(mode = Mode.EXCLUDE, names = "NONE")
	void requestsAreAnsweredAsBootAnswersThem(WebApplicationType type) {
		try (ConfigurableApplicationContext context = start(type)) {
			context.getBean(MeterRegistry.class).counter("shop.orders", "state", "new").increment(3);
			context.getBean(MeterRegistry.class).timer("shop.clock").record(Duration.ofMillis(5));
			int port = ((WebServerApplicationContext) context).getWebServer().getPort();
			String actuator = "http://localhost:" + port + "/actuator/";
			TwinEndpoint twin = context.getBean(TwinEndpoint.class);
			Fuzz.run(400, (fuzz) -> get(fuzz, actuator));
			Fuzz.run(400, (fuzz) -> post(fuzz, actuator, twin));
			assertThat(send(HttpRequest.newBuilder(URI.create(actuator + "rseq/shop.orders"))).body())
				.contains("\"total\":3.0");
		}
	}

	/*
	 * Boot's metrics endpoint knows the same meters, and those of other kinds, which
	 * these selectors hardly hit.
	 */
	private void get(Fuzz fuzz, String actuator) {
		boolean before = Rseq.isEnabled();
		String selector = URLEncoder.encode(fuzz.text(SELECTORS), StandardCharsets.UTF_8).replace("+", "%20");
		if (fuzz.oneIn(3)) {
			selector = selector.replace("%2F", "/").replace("%3F", "?").replace("%3D", "=").replace("%3B", ";");
		}
		int status = send(HttpRequest.newBuilder(URI.create(actuator + "rseq/" + selector))).statusCode();
		int expected = send(HttpRequest.newBuilder(URI.create(actuator + "metrics/" + selector))).statusCode();
		assertThat(status).as(selector).isLessThan(500);
		if (!selector.contains("?")) {
			// Only the other endpoint takes parameters.
			assertThat(status).as(selector).isEqualTo(expected);
		}
		assertThat(Rseq.isEnabled()).as(selector).isEqualTo(before);
	}

	private void post(Fuzz fuzz, String actuator, TwinEndpoint twin) {
		boolean before = fuzz.oneIn(2);
		Rseq.setEnabled(before);
		twin.enabled = before;
		byte[] body = fuzz.bytes(BODIES);
		String type = fuzz.pick(TYPES);
		String as = type + " " + new String(body, StandardCharsets.UTF_8);
		int status = post(actuator + "rseq", type, body);
		int expected = post(actuator + "twin", type, body);
		assertThat(status).as(as).isEqualTo(expected).isLessThan(500);
		assertThat(Rseq.isEnabled()).as(as).isEqualTo(twin.enabled);
		if (status != 204) {
			assertThat(Rseq.isEnabled()).as(as).isEqualTo(before);
		}
	}

	private int post(String uri, String type, byte[] body) {
		return send(HttpRequest.newBuilder(URI.create(uri))
			.header("Content-Type", type)
			.POST(HttpRequest.BodyPublishers.ofByteArray(body))).statusCode();
	}

	private HttpResponse<String> send(HttpRequest.Builder request) {
		try {
			return this.client.send(request.build(), HttpResponse.BodyHandlers.ofString());
		}
		catch (IOException | InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	// Levels are the JVM's, and other tests look at what is logged.
	@AfterAll
	static void restoreLogging() {
		LoggingSystem.get(RseqEndpointFuzzTests.class.getClassLoader())
			.setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.INFO);
	}

	private static ConfigurableApplicationContext start(WebApplicationType type) {
		return new SpringApplicationBuilder(Application.class).web(type)
			.bannerMode(Banner.Mode.OFF)
			.run("--management.endpoints.web.exposure.include=rseq,metrics,twin",
					"--management.endpoint.rseq.access=unrestricted", "--server.port=0",
					"--management.jmx.metrics.export.enabled=false", "--logging.level.root=error");
	}

	@SpringBootConfiguration
	@EnableAutoConfiguration
	static class Application {

		@Bean
		TwinEndpoint twinEndpoint() {
			return new TwinEndpoint();
		}

	}

	/**
	 * The smallest endpoint that takes the same body.
	 */
	@Endpoint(id = "twin")
	static class TwinEndpoint {

		private volatile boolean enabled;

		@WriteOperation
		public void configureTwin(boolean enabled) {
			this.enabled = enabled;
		}

	}

}
