package io.github.rseq;

import java.util.Properties;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * No JVM here can be checkpointed. {@code org.crac} is real, and so is everything that it
 * notifies; what happens between the notifications is not.
 */
class CheckpointTests {

	@BeforeEach
	void assumeRseq() {
		RseqAssumptions.useAny();
	}

	@Test
	void standsAsideForACheckpointAndProbesAfterIt() throws Exception {
		Properties result = new ChildJvm(CheckpointMain.class)
			.options("-Dorg.crac.Core.Compat=io.github.rseq.checkpoint")
			.arguments(20)
			.run();
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("exit", "0")
			.containsEntry("before", "ACTIVE")
			.containsEntry("checkpoints", "20")
			.containsEntry("during", "[FALLBACK 1]")
			.doesNotContainKey("after")
			.containsEntry("lost", "0")
			.containsEntry("fallback", "true")
			.containsEntry("perCpu", "true")
			.containsEntry("resources", "1")
			.containsEntry("enabled", "ACTIVE");
	}

	@Test
	void fallsBackWhereTheRestoredProcessHasNoRegistration() throws Exception {
		assumeTrue(System.getProperty("os.arch").equals("amd64"), "Registration is taken away as on x86-64");
		Properties result = new ChildJvm(CheckpointMain.class)
			.options("-Dorg.crac.Core.Compat=io.github.rseq.checkpoint")
			.arguments(1)
			.run();
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("unregistered", "0")
			.containsEntry("elsewhere", "FALLBACK")
			.containsEntry("elsewhere.lost", "0");
	}

	@Test
	void doesNotRelyOnItsOwnRegistrationAfterARestore() throws Exception {
		Properties result = new ChildJvm(RestoredMain.class).options("-Dorg.crac.Core.Compat=io.github.rseq.checkpoint")
			.environment("GLIBC_TUNABLES", "glibc.pthread.rseq=0")
			.run();
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("exit", "0")
			.containsEntry("before", "ACTIVE")
			.containsEntry("after", "FALLBACK REGISTRATION_FAILED")
			.containsEntry("probed", "FALLBACK")
			.containsEntry("sum", "4")
			.containsEntry("fallback", "3");
	}

	@Test
	void changesNothingOnAJvmWithoutCheckpoints() throws Exception {
		Properties result = new ChildJvm(CheckpointMain.class).arguments(1).run();
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("exit", "0")
			.containsEntry("unsupported", "true")
			.doesNotContainKey("after")
			.containsEntry("fallback", "false")
			.containsEntry("lost", "0");
	}

	@Test
	void needsNoCrac() throws Exception {
		Properties result = new ChildJvm(StatusMain.class).classPathWithout("/crac-").arguments("JNI", "-", "-").run();
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("exit", "0")
			.containsEntry("state.0", "ACTIVE");
	}

}
