package io.github.rseq.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.rseq.micrometer.RseqMeters;
import io.github.rseq.testsupport.RestoreRseq;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.LongTaskTimer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.Banner;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.http.HttpHeaders;
import org.springframework.test.web.servlet.client.RestTestClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that the same application exports the same lines with and without the starter,
 * but for values and the starter's own meters. With all meters of Boot that a web
 * application on Tomcat has, and one of each kind of its own.
 */
@ExtendWith(RestoreRseq.class)
class ScrapeEqualityTests {

	private static final String TEXT = "text/plain;version=0.0.4";

	private static final String OPEN_METRICS = "application/openmetrics-text;version=1.0.0";

	private static final String STARTER_OFF = "--spring.autoconfigure.exclude=" + Stream
		.of(RseqAutoConfiguration.class, RseqEndpointAutoConfiguration.class, RseqMetricsAutoConfiguration.class,
				RseqPrometheusAutoConfiguration.class, RseqSimpleAutoConfiguration.class)
		.map(Class::getName)
		.collect(Collectors.joining(","));

	@Test
	void linesAreTheSame() {
		Scrapes without = run(false, STARTER_OFF);
		Scrapes with = run(true);
		assertThat(with.text()).containsExactlyElementsOf(without.text());
		assertThat(with.openMetrics()).containsExactlyElementsOf(without.openMetrics());
	}

	@Test
	void linesAreTheSameWithHistogramsAndPercentiles() {
		String[] distributions = { "--management.metrics.distribution.percentiles-histogram.http.server.requests=true",
				"--management.metrics.distribution.percentiles.own=0.5,0.99",
				"--management.metrics.distribution.slo.shop=1,10,100", "--management.metrics.tags.zone=a" };
		Scrapes without = run(false,
				Stream.concat(Stream.of(STARTER_OFF), Stream.of(distributions)).toArray(String[]::new));
		Scrapes with = run(true, distributions);
		assertThat(with.text()).containsExactlyElementsOf(without.text());
		assertThat(with.openMetrics()).containsExactlyElementsOf(without.openMetrics());
	}

	@Test
	void linesAreTheSameWhereRseqIsUnavailable() {
		Scrapes without = run(false, STARTER_OFF);
		Scrapes with = run(true, "--rseq.binding=none");
		assertThat(with.text()).containsExactlyElementsOf(without.text());
		assertThat(with.openMetrics()).containsExactlyElementsOf(without.openMetrics());
	}

	private static Scrapes run(boolean ours, String... args) {
		List<String> all = new ArrayList<>(List.of(args));
		all.add("--server.port=0");
		all.add("--server.tomcat.mbeanregistry.enabled=true");
		all.add("--management.endpoints.web.exposure.include=*");
		all.add("--management.jmx.metrics.export.enabled=false");
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
			.web(WebApplicationType.SERVLET)
			.bannerMode(Banner.Mode.OFF)
			.run(all.toArray(String[]::new))) {
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			assertThat(registry instanceof RseqMeters).isEqualTo(ours);
			record(registry);
			WebServerApplicationContext server = (WebServerApplicationContext) context;
			assertThat(server.getWebServer()).isNotNull();
			RestTestClient client = RestTestClient.bindToServer()
				.baseUrl("http://localhost:" + server.getWebServer().getPort())
				.build();
			for (String path : List.of("/orders/1", "/orders/2", "/failing", "/missing", "/actuator/health",
					"/actuator/metrics", "/actuator/prometheus")) {
				client.get().uri(path).exchange().expectBody(String.class).returnResult();
			}
			collectGarbage(registry);
			return new Scrapes(lines(scrape(client, TEXT)), lines(scrape(client, OPEN_METRICS)));
		}
	}

	private static void record(MeterRegistry registry) {
		Counter.builder("own.counter").description("a \"quoted\" \\ help").baseUnit("bytes").register(registry);
		Counter.builder("own.counter.tagged").tag("path", "C:\\a \"b\"\nc").tag("e", "").register(registry).increment();
		Counter.builder("1.odd-name_total").tag("0.odd-key", "v").register(registry).increment(0.5);
		Timer.builder("own.timer").description("times").register(registry).record(Duration.ofMillis(3));
		DistributionSummary.builder("own.summary").baseUnit("bytes").register(registry).record(5);
		DistributionSummary.builder("shop.baskets").register(registry).record(5);
		LongTaskTimer.builder("own.tasks").register(registry).start();
		Gauge.builder("own.gauge", () -> 1).register(registry);
		TimeGauge.builder("own.time", () -> 1, SECONDS).register(registry);
		FunctionCounter.builder("own.function.counter", ScrapeEqualityTests.class, (type) -> 1).register(registry);
		FunctionTimer.builder("own.function.timer", ScrapeEqualityTests.class, (type) -> 1, (type) -> 1, SECONDS)
			.register(registry);
	}

	/**
	 * Has the meters of garbage collections registered, which otherwise are there or not
	 * as chance has it.
	 */
	private static void collectGarbage(MeterRegistry registry) {
		await().atMost(Duration.ofSeconds(30)).until(() -> {
			System.gc();
			return registry.find("jvm.gc.pause").tag("cause", "System.gc()").timer() != null;
		});
	}

	private static String scrape(RestTestClient client, String accept) {
		String body = client.get()
			.uri("/actuator/prometheus")
			.header(HttpHeaders.ACCEPT, accept)
			.exchange()
			.expectStatus()
			.isOk()
			.expectBody(String.class)
			.returnResult()
			.getResponseBody();
		assertThat(body).contains("http_server_requests_seconds", "jvm_memory_used_bytes", "own_counter_bytes_total");
		return body;
	}

	/**
	 * The lines of a scrape without what is different from run to run: values,
	 * collections that were not asked for, and the number Tomcat gives its connector,
	 * beside which the JVM keeps those of applications that ran before.
	 */
	private static List<String> lines(String scrape) {
		return scrape.lines()
			.filter((line) -> !line.matches("(# (HELP|TYPE|UNIT) )?rseq_.*"))
			.filter((line) -> !line.contains("jvm_gc_") || line.startsWith("#") || line.contains("System.gc()"))
			.filter((line) -> !line.contains("jvm_gc_concurrent_phase_time"))
			.map((line) -> line.startsWith("#") ? line : line.substring(0, line.lastIndexOf(' ')))
			.map((line) -> line.replaceAll("http-nio-auto-[0-9]+", "http-nio-auto"))
			.distinct()
			.toList();
	}

	private record Scrapes(List<String> text, List<String> openMetrics) {
	}

	@SpringBootConfiguration
	@EnableAutoConfiguration
	@Import(Controller.class)
	static class Application {

	}

	@RestController
	static class Controller {

		@GetMapping("/orders/{id}")
		String order(@PathVariable String id) {
			return id;
		}

		@GetMapping("/failing")
		String failing() {
			throw new IllegalStateException("as asked");
		}

	}

}
