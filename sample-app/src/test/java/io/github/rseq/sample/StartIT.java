package io.github.rseq.sample;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How the packaged jar starts, and how it refuses to.
 */
class StartIT {

	@RegisterExtension
	private final Samples samples = new Samples();

	@TempDir
	@SuppressWarnings("NullAway.Init")
	private Path directory;

	@Test
	void startsWithoutWarningsAndPrintsWhereToLook() throws Exception {
		Sample sample = this.samples.open(launch());
		String shop = "http://localhost:" + sample.port();
		assertThat(sample.output()).contains(shop + "/\n", shop + "/actuator/rseq\n",
				shop + "/actuator/rseq/orders.placing\n", shop + "/actuator/prometheus\n",
				"curl -H 'Content-Type: application/json' -d '{\"enabled\":false}' " + shop + "/actuator/rseq");
		assertThat(sample.get("/").body()).contains("/actuator/rseq");
		assertThat(sample.state()).isIn("ACTIVE", "FALLBACK");
		assertThat(sample.error()).isEmpty();
		assertThat(sample.output()).doesNotContain("WARNING").doesNotContain(" WARN ").doesNotContain(" ERROR ");
	}

	@Test
	void startsSwitchedOff() throws Exception {
		Sample sample = this.samples.open(launch().argument("--rseq.enabled=false"));
		assertThat(sample.state()).isEqualTo("DISABLED");
		assertThat(sample.post("/orders", "{\"product\":\"tea\",\"quantity\":1}").statusCode()).isEqualTo(201);
		assertThat(sample.scraped("orders_placed_total", "accepted")).isEqualTo(1);
	}

	@Test
	void refusesAnUnknownBinding() throws Exception {
		Sample sample = this.samples.start(launch().argument("--rseq.binding=foo"));
		assertThat(sample.awaitExit()).isEqualTo(1);
		assertThat(sample.output()).contains("APPLICATION FAILED TO START", "Description:", "rseq.binding", "foo")
			.containsIgnoringCase("auto")
			.containsIgnoringCase("foreign")
			.containsIgnoringCase("jni")
			.containsIgnoringCase("jna")
			.containsIgnoringCase("none")
			.doesNotContain("\tat ");
	}

	@Test
	void refusesToStartWithoutWhatIsRequired() throws Exception {
		Sample sample = this.samples
			.start(launch().argument("--rseq.required=true").environment("GLIBC_TUNABLES", "glibc.pthread.rseq=0"));
		assertThat(sample.awaitExit()).isEqualTo(1);
		assertThat(sample.output())
			.contains("APPLICATION FAILED TO START", "Description:", "Action:", "GLIBC_TUNABLES", "rseq.required")
			.doesNotContain("\tat ");
	}

	@Test
	void refusesAMistypedSwitch() throws Exception {
		Sample sample = this.samples.start(launch().argument("--rseq.enabled=perhaps"));
		assertThat(sample.awaitExit()).isEqualTo(1);
		assertThat(sample.output()).contains("APPLICATION FAILED TO START", "Description:", "rseq.enabled", "perhaps")
			.doesNotContain("\tat ");
	}

	@Test
	void refusesAMistypedPort() throws Exception {
		Sample sample = this.samples.start(launch().port("many"));
		assertThat(sample.awaitExit()).isEqualTo(1);
		assertThat(sample.output()).contains("APPLICATION FAILED TO START", "Description:", "server.port", "many")
			.doesNotContain("\tat ");
	}

	@Test
	void refusesAPortThatIsTaken() throws Exception {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("0.0.0.0"))) {
			Sample sample = this.samples.start(launch().port(String.valueOf(socket.getLocalPort())));
			assertThat(sample.awaitExit()).isEqualTo(1);
			assertThat(sample.output()).contains("APPLICATION FAILED TO START",
					"Port " + socket.getLocalPort() + " was already in use");
		}
	}

	private Sample.Launch launch() {
		return Sample.launch(this.directory).quick();
	}

}
