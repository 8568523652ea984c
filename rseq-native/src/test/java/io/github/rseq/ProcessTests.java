package io.github.rseq;

import java.util.Properties;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process is started by {@code posix_spawn}, {@code vfork} or {@code fork}: the child
 * has a copy of the parent's registration, or for a moment its very memory.
 */
class ProcessTests {

	@BeforeEach
	void assumeRseq() {
		RseqAssumptions.useAny();
	}

	@ParameterizedTest
	@ValueSource(strings = { "POSIX_SPAWN", "VFORK", "FORK" })
	void processesStartWhileOthersRecord(String mechanism) throws Exception {
		Properties result = new ChildJvm(ProcessMain.class).timeout(180)
			.options("-Djdk.lang.Process.launchMechanism=" + mechanism)
			.arguments(100)
			.run();
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("exit", "0")
			.containsEntry("state", "ACTIVE")
			.containsEntry("right", "100")
			.containsEntry("added", "true")
			.containsEntry("perCpu", "true")
			.containsEntry("lost", "0");
	}

}
