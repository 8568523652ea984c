package io.github.rseq;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

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

}
