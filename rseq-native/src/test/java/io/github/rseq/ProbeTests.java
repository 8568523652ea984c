package io.github.rseq;

import java.util.Properties;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Tests for {@link Probe}.
 */
class ProbeTests {

	@ParameterizedTest
	@CsvSource({ "glibc.pthread.rseq=0, true", "glibc.pthread.rseq=, true", "glibc.pthread.rseq=0x0, true",
			"glibc.malloc.check=1:glibc.pthread.rseq=00, true", "glibc.pthread.rseq=1, false",
			"glibc.pthread.rseq=01, false", "glibc.pthread.rseq=0:glibc.pthread.rseq=1, false",
			"glibc.pthread.rseq=1:glibc.pthread.rseq=0, true", "glibc.pthread.rseq, false", "'', false",
			"glibc.pthread.rseq_x=0, false", "glibc.malloc.check=0, false" })
	void tellsWhetherTheTunablesSwitchRegistrationOff(String tunables, boolean off) {
		assertThat(Probe.isSwitchedOff(tunables)).isEqualTo(off);
	}

	/*
	 * As when a cpuset changes while a container starts.
	 */
	@Test
	void isNotConfusedByThreadsThatAreMoved() throws Exception {
		RseqAssumptions.useAny();
		assumeThat(Linux.cpusOf(new Linux().affinity(0))).as("CPUs to move to").hasSizeGreaterThan(1);
		Properties result = TestMode.current().applyTo(new ChildJvm(MovedMain.class)).arguments(20, 5).run();
		assertThat(result).as(result.getProperty("output")).containsEntry("exit", "0").doesNotContainKey("mover");
		assumeThat(result.getProperty("refusals")).as(result.getProperty("first")).isNotNull();
		// That time runs out, as on a machine that does much else, is no confusion.
		assertThat(result.getProperty("refusals").split("; "))
			.allMatch((refusal) -> refusal.isEmpty() || refusal.matches("SELF_TEST_INCONCLUSIVE: .* errno 62\\."));
		assertThat(Integer.parseInt(result.getProperty("available"))).as("of 20 probes").isGreaterThan(10);
		assertThat(Long.parseLong(result.getProperty("moves"))).as("moves").isPositive();
	}

}
