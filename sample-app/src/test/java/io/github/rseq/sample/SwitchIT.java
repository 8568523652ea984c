package io.github.rseq.sample;

import java.nio.file.Path;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What bad requests to {@code /actuator/rseq} get, over HTTP.
 */
class SwitchIT {

	@RegisterExtension
	private static final Samples samples = new Samples();

	@TempDir
	@SuppressWarnings("NullAway.Init")
	private static Path directory;

	@SuppressWarnings("NullAway.Init")
	private static Sample sample;

	@SuppressWarnings("NullAway.Init")
	private static Sample readOnly;

	@BeforeAll
	static void openTheShops() throws Exception {
		sample = samples.start(Sample.launch(directory).quick());
		readOnly = samples
			.start(Sample.launch(directory).quick().argument("--management.endpoint.rseq.access=read-only"));
		sample.awaitOpen();
		readOnly.awaitOpen();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "{", "{}", "[]", "{\"enabled\":\"perhaps\"}", "{\"enabled\":null}", "{\"on\":false}" })
	void refusesABodyThatIsNoSwitch(String body) throws Exception {
		String state = sample.state();
		assertThat(sample.post("/actuator/rseq", body).statusCode()).isEqualTo(400);
		assertThat(sample.state()).isEqualTo(state);
	}

	@Test
	void knowsNoMeterThatIsNotThere() throws Exception {
		assertThat(sample.get("/actuator/rseq/orders.misplaced").statusCode()).isEqualTo(404);
	}

	@Test
	void refusesToSwitchASingleMeter() throws Exception {
		String state = sample.state();
		assertThat(sample.post("/actuator/rseq/orders.placed", "{\"enabled\":false}").statusCode()).isEqualTo(405);
		assertThat(sample.state()).isEqualTo(state);
	}

	@Test
	void refusesToSwitchWithoutAccess() throws Exception {
		String state = readOnly.state();
		assertThat(readOnly.post("/actuator/rseq", "{\"enabled\":false}").statusCode()).isEqualTo(405);
		assertThat(readOnly.state()).isEqualTo(state);
	}

}
