package io.github.rseq.control;

import java.nio.charset.StandardCharsets;
import java.util.List;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * The native fault suite in a few seconds, with its negative controls: {@code faults.sh},
 * which runs longer by hand and in the build of all. Skipped where no static program can
 * be built, or rseq can't be had.
 */
@Tag("slow")
class FaultSuiteTests {

	private static final int SKIPPED = 77;

	@Test
	void sumsAreExactUnderFaultsAndOnlyThere() throws Exception {
		assumeTrue(System.getProperty("os.name").equals("Linux"), "This is not Linux");
		Process process = new ProcessBuilder(List.of("bash", "faults.sh", "--quick", "--seconds", "4"))
			.redirectErrorStream(true)
			.start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		int exit = process.waitFor();
		assumeTrue(exit != SKIPPED, "The fault suite can't run here:\n" + output);
		assertThat(exit).as(output).isZero();
		assertThat(output).contains("== As shipped", "== Delays and traps", "== Negative control");
	}

}
