package io.github.rseq;

import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Where rseq can be had, and something else is short.
 */
class ScarceEnvironmentTests {

	@BeforeAll
	static void assumeRseq() {
		RseqAssumptions.use(Binding.JNI);
	}

	@AfterAll
	static void restoreDefaults() {
		Rseq.configure(RseqOptions.DEFAULTS);
	}

	@Test
	void whoeverGetsNoMemoryCountsInJavaAndIsTold() throws Exception {
		Properties result = new ChildJvm(ExhaustedMain.class).arguments(Binding.JNI).run();
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("exit", "0")
			.containsEntry("state", "ACTIVE")
			.containsEntry("refused.before", "0")
			.containsEntry("exhausted", "true")
			.containsEntry("refused", "2")
			.containsEntry("sum.before", "1000")
			.containsEntry("fallback.before", "0")
			.containsEntry("sum.after", "1000")
			.containsEntry("fallback.after", "1000")
			.containsEntry("sum.array", "1000");
	}

	/*
	 * All that the JVM says of the machine is that there is one processor.
	 */
	@Test
	void theLastCpuHasARowWhereSysIsMasked() throws Exception {
		int[] cpus = Linux.cpusOf(new Linux().affinity(0));
		int last = cpus[cpus.length - 1];
		assumeTrue(last > 0, "There is one CPU only");
		String[] masked = { "unshare", "-m", "sh", "-c",
				"mount -t tmpfs tmpfs /sys && exec taskset -c " + last + " \"$@\"", "sh" };
		assumeTrue(runs(masked), "Mounting needs privileges");
		Properties result = new ChildJvm(MaskedSysMain.class).startedBy(masked).arguments(Binding.JNI).run();
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("exit", "0")
			.containsEntry("state", "ACTIVE")
			.containsEntry("possible", Integer.toString(last + 1))
			.containsEntry("numaNodes", "{}")
			.containsEntry("sum", "1000")
			.containsEntry("fallback", "0");
	}

	/*
	 * Machines whose CPUs have gaps, or whose kernel says what can't be.
	 */
	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "0-1,62-63 | 64", "0-999999999 | 8192", "1-0 | 0", "garbage | 0" })
	void oddListsOfPossibleCpusAreSurvived(String list, int rows) throws Exception {
		String[] odd = { "unshare", "-m", "sh", "-c", "mount -t tmpfs tmpfs /sys && mkdir -p /sys/devices/system/cpu"
				+ " && echo '" + list + "' > /sys/devices/system/cpu/possible && exec \"$@\"", "sh" };
		assumeTrue(runs(odd), "Mounting needs privileges");
		int[] cpus = Linux.cpusOf(new Linux().affinity(0));
		Properties result = new ChildJvm(MaskedSysMain.class).startedBy(odd).arguments(Binding.JNI).run();
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("exit", "0")
			.containsEntry("state", "ACTIVE")
			.containsEntry("sum", "1000")
			.containsEntry("fallback", "0");
		assertThat(Integer.parseInt(result.getProperty("possible")))
			.isEqualTo(Math.max(rows, cpus[cpus.length - 1] + 1));
	}

	private static boolean runs(String... prefix) throws Exception {
		List<String> command = new ArrayList<>(List.of(prefix));
		command.add("true");
		return new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start()
			.waitFor() == 0;
	}

}
