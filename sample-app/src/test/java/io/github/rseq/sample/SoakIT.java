package io.github.rseq.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The packaged sample under load for a time, while {@link SoakFaults} happen to it and
 * {@code SoakEndpoint} makes and drops meters in it: counts stay exact, and nothing
 * grows. {@code soak.sh} runs it for long; the build for {@value #MINUTES} minutes, which
 * is too short to tell whether something grows.
 */
class SoakIT {

	private static final String MINUTES = "0.2";

	private static final double LONG_ENOUGH_TO_GROW = 10;

	private static final int CONNECTIONS = 8;

	private static final List<String> CYCLE = List.of(order("coffee", 1), order("tea", 2),
			HttpLoad.get("/quote?product=tea&days=2&paths=5"), order("honey", 4), order("beer", 1),
			HttpLoad.get("/orders/0"));

	private static final int ROUND_MILLIS = 3_000;

	private static final List<String> KINDS = List.of("whole.counter", "fraction.counter", "timer", "slo.timer",
			"histogram.timer", "percentiles.timer", "histogram.and.percentiles.timer", "summary");

	private static final int ROWS = 16;

	@RegisterExtension
	private final Samples samples = new Samples();

	private final List<Moment> moments = new ArrayList<>();

	private long sent;

	@Test
	void countsExactlyAndGrowsNot(@TempDir Path directory) throws Exception {
		Tool.assumeInstalled("taskset", "kill");
		double minutes = Double.parseDouble(System.getProperty("soak.minutes", MINUTES));
		Sample sample = this.samples.open(launch(directory));
		String on = sample.state();
		long end = System.nanoTime() + (long) (minutes * 60e9);
		long start = System.nanoTime();
		SoakFaults faults = new SoakFaults(sample);
		try (faults) {
			int cycles = 10;
			while (System.nanoTime() < end) {
				long begin = System.nanoTime();
				send(sample, cycles);
				double millis = (System.nanoTime() - begin) / 1e6;
				cycles = (int) Math.max(1, Math.min(2 * cycles, cycles * ROUND_MILLIS / millis));
				this.moments.add(moment(sample, (System.nanoTime() - start) / 1e9));
			}
		}
		sample.post("/actuator/soak", "");
		JsonNode soak = sample.json("/actuator/soak");
		String markdown = report(minutes, on, sample, faults, soak);
		System.out.println(markdown);
		Files.writeString(Path.of("target", "soak.md"), markdown);
		assertThat(soak.path("wrong").asLong()).as("churned meters that did not count exactly").isZero();
		assertThat(soak.path("churned").asLong()).as("churned meters").isPositive();
		assertExact(sample, soak.path("operations").asLong(), faults);
		assertThat(faults.moves.get()).as("moves").isPositive();
		assertThat(faults.stops.get()).as("stops").isPositive();
		if (minutes >= LONG_ENOUGH_TO_GROW) {
			assertFlat();
		}
	}

	private static Sample.Launch launch(Path directory) {
		Sample.Launch launch = Sample.launch(directory)
			// With a heap that is resident from the start, what grows is not the heap.
			.jvm("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch")
			.with(Path.of("target", "test-classes").toAbsolutePath(), "io.github.rseq.soak.SoakEndpoint")
			.argument("--server.tomcat.max-keep-alive-requests=-1", "--logging.level.io.github.rseq.actuate=warn",
					"--management.endpoints.web.exposure.include=health,metrics,prometheus,rseq,soak");
		int feature = Runtime.version().feature();
		if (feature >= 22) {
			launch.jvm("--enable-native-access=ALL-UNNAMED");
		}
		else if (feature < 21) {
			// There counters stay in Java unless a binding is asked for by name
			launch.argument("--rseq.binding=jni");
		}
		return launch;
	}

	/*
	 * Every round must have been counted before the next one begins.
	 */
	private void send(Sample sample, int cycles) throws Exception {
		Map<Integer, Long> statuses = new HttpLoad(sample.port(), CYCLE).send(CONNECTIONS, cycles * CYCLE.size());
		long each = (long) cycles * CONNECTIONS;
		assertThat(statuses).containsExactlyInAnyOrderEntriesOf(Map.of(201, 3 * each, 422, each, 200, each, 404, each));
		this.sent += CYCLE.size() * each;
		long deadline = System.nanoTime() + 30_000_000_000L;
		// Boot records a request after its answer was written, so the last ones may lag
		while (counted(sample) < this.sent && System.nanoTime() < deadline) {
			Thread.sleep(50);
		}
		assertThat(counted(sample)).as("requests counted").isEqualTo(this.sent);
	}

	private static double counted(Sample sample) throws IOException, InterruptedException {
		String family = "http_server_requests_seconds_count";
		return sample.scraped(family, "uri=\"/orders\"") + sample.scraped(family, "uri=\"/orders/{id}\"")
				+ sample.scraped(family, "uri=\"/quote\"");
	}

	private Moment moment(Sample sample, double seconds) throws IOException, InterruptedException {
		JsonNode rseq = sample.json("/actuator/rseq");
		return new Moment(seconds, this.sent, ProcessFigures.of(sample.pid()),
				rseq.path("memory").path("reserved").asLong(), sample.json("/actuator/soak").path("churned").asLong(),
				rseq.path("aborts").path("total").asLong());
	}

	private void assertExact(Sample sample, long operations, SoakFaults faults) throws Exception {
		long each = this.sent / CYCLE.size();
		sample.awaitMetric("http.server.requests", 4 * each, "uri:/orders");
		sample.awaitMetric("http.server.requests", each, "uri:/quote");
		sample.awaitMetric("http.server.requests", each, "uri:/orders/{id}");
		sample.awaitMetric("http.server.requests", faults.flips.get(), "uri:/actuator/rseq", "method:POST");
		assertThat(sample.metric("orders.placed", "outcome:accepted")).isEqualTo(3.0 * each);
		assertThat(sample.metric("orders.items")).isEqualTo(7.0 * each);
		assertThat(sample.metric("quotes.paths")).isEqualTo(5.0 * each);
		assertThat(operations).isPositive();
		for (String kind : KINDS) {
			double amount = kind.equals("fraction.counter") ? 0.25 : 1;
			assertThat(sample.metric("soak." + kind)).as(kind).isEqualTo(operations * amount);
			String suffix = kind.endsWith("counter") ? "_total" : kind.endsWith("timer") ? "_seconds_count" : "_count";
			assertThat(sample.scraped("soak_" + kind.replace('.', '_') + suffix)).as("%s as scraped", kind)
				.isEqualTo(operations * amount);
		}
		String buckets = "soak_histogram_timer_seconds_bucket";
		assertThat(sample.scraped(buckets, "le=\"+Inf\"")).as(buckets).isEqualTo(operations);
	}

	/**
	 * Compares the second quarter with the last one; the first is warm-up. What the JVM
	 * compiles in that time takes memory as well.
	 */
	private void assertFlat() {
		assertThat(median(3, Moment::residentMib)).as("resident MiB")
			.isLessThanOrEqualTo(median(1, Moment::residentMib) * 1.05);
		assertThat(median(3, (moment) -> moment.process.descriptors())).as("descriptors")
			.isLessThanOrEqualTo(median(1, (moment) -> moment.process.descriptors()) + 1);
		assertThat(median(3, (moment) -> moment.process.mappings())).as("mappings")
			.isLessThanOrEqualTo(median(1, (moment) -> moment.process.mappings()) + 16);
		assertThat(median(3, (moment) -> moment.process.threads())).as("threads")
			.isLessThanOrEqualTo(median(1, (moment) -> moment.process.threads()) + 2);
		assertThat(max(3, (moment) -> moment.reserved)).as("bytes of the arena")
			.isLessThanOrEqualTo(max(1, (moment) -> moment.reserved));
	}

	private List<Moment> quarter(int quarter) {
		int size = this.moments.size();
		return this.moments.subList(size * quarter / 4, Math.max(size * quarter / 4 + 1, size * (quarter + 1) / 4));
	}

	private double median(int quarter, ToDoubleFunction<Moment> figure) {
		double[] sorted = quarter(quarter).stream().mapToDouble(figure).sorted().toArray();
		return sorted[sorted.length / 2];
	}

	private double max(int quarter, ToDoubleFunction<Moment> figure) {
		return quarter(quarter).stream().mapToDouble(figure).max().orElseThrow();
	}

	private String report(double minutes, String on, Sample sample, SoakFaults faults, JsonNode soak)
			throws IOException, InterruptedException {
		StringBuilder report = new StringBuilder();
		report
			.append("`sample-app/soak.sh --minutes %s`, JDK %s, binding %s, state %s%n%n".formatted(trimmed(minutes),
					Runtime.version(), sample.json("/actuator/rseq").path("binding").asString(), on))
			.append("Faults: %s.%n%n".formatted(faults))
			.append("| what | sent or done | counted |%n|---|---:|---:|%n".formatted())
			.append("| HTTP requests, `http.server.requests` as scraped | %,d | %,.0f |%n".formatted(this.sent,
					counted(sample)));
		long operations = soak.path("operations").asLong();
		Map<String, Double> counted = new LinkedHashMap<>();
		for (String kind : KINDS) {
			counted.put(kind, sample.metric("soak." + kind) / (kind.equals("fraction.counter") ? 0.25 : 1));
		}
		counted.forEach(
				(kind, count) -> report.append("| `soak.%s` | %,d | %,.0f |%n".formatted(kind, operations, count)));
		report.append("| meters made, used and dropped | %,d | %,d wrong |%n%n".formatted(soak.path("churned").asLong(),
				soak.path("wrong").asLong()));
		report.append(
				"| minute | requests | resident MiB | descriptors | mappings | threads | arena KiB | meters dropped | aborts |%n"
					.formatted())
			.append("|---:|---:|---:|---:|---:|---:|---:|---:|---:|%n".formatted());
		int size = this.moments.size();
		for (int row = 0; row < Math.min(ROWS, size); row++) {
			report.append(this.moments.get((int) ((long) row * (size - 1) / Math.max(1, Math.min(ROWS, size) - 1))));
		}
		report.append(
				"%nMedians of the second and of the last quarter of %d samples: resident %.1f and %.1f MiB, descriptors %.0f and %.0f, mappings %.0f and %.0f, threads %.0f and %.0f.%n"
					.formatted(size, median(1, Moment::residentMib), median(3, Moment::residentMib),
							median(1, (moment) -> moment.process.descriptors()),
							median(3, (moment) -> moment.process.descriptors()),
							median(1, (moment) -> moment.process.mappings()),
							median(3, (moment) -> moment.process.mappings()),
							median(1, (moment) -> moment.process.threads()),
							median(3, (moment) -> moment.process.threads())));
		return report.toString();
	}

	private static String trimmed(double minutes) {
		return (minutes == Math.rint(minutes)) ? Long.toString((long) minutes) : Double.toString(minutes);
	}

	private static String order(String product, int quantity) {
		return HttpLoad.post("/orders", "{\"product\":\"%s\",\"quantity\":%d}".formatted(product, quantity));
	}

	/**
	 * What was seen after a round.
	 */
	private record Moment(double seconds, long sent, ProcessFigures process, long reserved, long churned, long aborts) {

		double residentMib() {
			return this.process.residentKib() / 1024.0;
		}

		@Override
		public String toString() {
			return "| %.1f | %,d | %.1f | %d | %d | %d | %d | %,d | %,d |%n".formatted(this.seconds / 60, this.sent,
					residentMib(), this.process.descriptors(), this.process.mappings(), this.process.threads(),
					this.reserved / 1024, this.churned, this.aborts);
		}

	}

}
