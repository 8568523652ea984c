package io.github.rseq;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.stream.Stream;

import io.github.rseq.binding.ForeignCalls;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Sums equal the number of operations, whatever comes between: {@link StressMain}. That
 * it would notice if they didn't is shown by the library whose sections are disarmed.
 */
class ExactnessTests {

	private static final int MILLIS = 700;

	@BeforeEach
	void assumeRseq() {
		RseqAssumptions.useAny();
	}

	@AfterAll
	static void restoreDefaults() {
		Rseq.configure(RseqOptions.DEFAULTS);
	}

	@ParameterizedTest
	@CsvSource({ "FOREIGN, platform", "FOREIGN, virtual", "JNI, platform", "JNI, virtual", "JNA, platform",
			"JNA, virtual", "NONE, platform" })
	void nothingIsLostUnderStress(Binding binding, String threads) throws Exception {
		assumeBinding(binding);
		if (threads.equals("virtual")) {
			assumeTrue(Runtime.version().feature() >= 21, "There are no virtual threads before JDK 21");
		}
		Properties result = new ChildJvm(StressMain.class).arguments(binding, "public", threads, MILLIS).run();
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("exit", "0")
			.containsEntry("reason", (binding == Binding.NONE) ? "BINDING_NONE" : "null");
		assertDisturbed(result);
		assertThat(number(result, "flips")).isGreaterThan(10);
		assertThat(number(result, "fallback")).as("adds that the switch sent to the fallback").isPositive();
		assertExact(result);
	}

	@Test
	void nothingIsLostWithLongSections() throws Exception {
		Properties result = below("delayed", false);
		assertDisturbed(result);
		assertThat(number(result, "aborts")).as("aborts").isGreaterThan(10);
		assertThat(number(result, "migrated")).as("aborts by migration").isPositive();
		assertExact(result);
	}

	@Test
	void negativeControlLosesCountsWhereSectionsAreDisarmed() throws Exception {
		Properties result = below("delayed-disarmed", false);
		assertDisturbed(result);
		assertThat(number(result, "aborts")).as("aborts").isZero();
		assertThat(number(result, "doubles")).as("sum of doubles").isLessThan(number(result, "operations"));
	}

	@Test
	void selfTestRefusesTheDisarmedLibrary() throws Exception {
		Properties result = new ChildJvm(StatusMain.class).arguments("JNA", testLibrary("disarmed"), "-").run();
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("reason.0", "SELF_TEST_FAILED")
			.containsEntry("state.0", "FALLBACK")
			.containsEntry("sum.0", "5");
	}

	@ParameterizedTest
	@CsvSource({ "FOREIGN", "JNI", "JNA" })
	void aCpuWithoutARowAddsToTheFallbackRow(Binding binding) throws Exception {
		assumeBinding(binding);
		assumeTrue(Linux.cpusOf(new Linux().affinity(0))[0] == 0, "CPU 0 may not be used here");
		assumeTrue(Linux.cpusOf(new Linux().affinity(0)).length > 1, "There is one CPU only");
		Properties result = new ChildJvm(FallbackRowMain.class).arguments(binding).run();
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("cpus", "1")
			.containsEntry("longs", "[1000]")
			.containsEntry("doubles", "[1000.0]")
			.containsEntry("longFallback", "1000")
			.containsEntry("doubleFallback", "1000.0")
			.containsEntry("longSum", "2000")
			.containsEntry("doubleSum", "2000.0")
			.containsEntry("gaveUp", "2000");
	}

	@Test
	void nothingIsLostInTheFallbackRow() throws Exception {
		Properties result = below("delayed", true);
		assertExact(result);
		assertThat(number(result, "gaveUp")).as("adds to the fallback row").isEqualTo(2 * number(result, "operations"));
	}

	private static Properties below(String variant, boolean noRows) throws Exception {
		Path library = testLibrary(variant);
		Binding binding = (ForeignCalls.unsupported() == null) ? Binding.FOREIGN : Binding.JNA;
		Properties result = new ChildJvm(StressMain.class).arguments(binding, library, "platform", 2 * MILLIS, noRows)
			.run();
		assertThat(result).as(result.getProperty("output")).containsEntry("exit", "0");
		return result;
	}

	static Path testLibrary(String variant) {
		String architecture = System.getProperty("os.arch").replace("amd64", "x86_64");
		Path library = Path.of("target/native-test/linux-" + architecture + "/libpercpu_rseq-" + variant + ".so");
		assumeTrue(Files.exists(library), "The library " + variant + " was not built: there was no compiler");
		return library;
	}

	private static void assumeBinding(Binding binding) {
		if (binding == Binding.FOREIGN) {
			String unsupported = ForeignCalls.unsupported();
			assumeTrue(unsupported == null, unsupported);
		}
	}

	private static void assertDisturbed(Properties result) {
		assertThat(Stream.of("operations", "moves", "signals")).allMatch((name) -> number(result, name) > 100);
	}

	private static void assertExact(Properties result) {
		assertThat(number(result, "longs")).as("sum of longs").isEqualTo(number(result, "operations"));
		assertThat(number(result, "doubles")).as("sum of doubles").isEqualTo(number(result, "operations"));
	}

	private static long number(Properties result, String name) {
		return Long.parseLong(result.getProperty(name));
	}

}
