package io.github.rseq;

import java.util.Properties;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A JVM ends in the middle of records, with the status that it is to have. Once each;
 * {@code -Dexit.repetitions=50} for the long version.
 */
class ExitTests {

	private static final int REPETITIONS = Integer.getInteger("exit.repetitions", 1);

	@AfterAll
	static void restoreDefaults() {
		Rseq.configure(RseqOptions.DEFAULTS);
	}

	@ParameterizedTest
	@CsvSource({ "exit, JNI, 7", "halt, JNI, 7", "uncaught, JNI, 1", "return, JNI, 0", "terminated, JNI, 143",
			"exit, FOREIGN, 7", "halt, FOREIGN, 7", "return, FOREIGN, 0", "terminated, FOREIGN, 143" })
	void endsWhileThreadsRecord(String how, Binding binding, String status) throws Exception {
		RseqAssumptions.use(binding);
		for (int i = 0; i < REPETITIONS; i++) {
			Properties result = new ChildJvm(ExitMain.class).arguments(how, binding).run();
			assertThat(result).as("%d: %s", i, result.getProperty("output"))
				.containsEntry("state", "ACTIVE")
				.containsEntry("exit", status);
			if (how.equals("halt")) {
				assertThat(result).doesNotContainKey("last");
			}
			else {
				assertThat(result).as("%d", i).containsEntry("last", "100000");
			}
			assertThat(result.getProperty("output")).doesNotContain("A fatal error has been detected");
		}
	}

}
