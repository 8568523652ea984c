package io.github.rseq;

import java.nio.file.Path;
import java.util.Properties;

import io.github.rseq.binding.ForeignCalls;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * As {@link ExactnessTests}, where this library registers threads, of which thousands
 * come and go, and where rows are numbered by concurrency id.
 */
class OtherModesExactnessTests {

	private static final int MILLIS = 700;

	@BeforeAll
	static void assumeRseq() {
		RseqAssumptions.useAny();
	}

	@AfterAll
	static void restoreDefaults() {
		Rseq.configure(RseqOptions.DEFAULTS);
	}

	@ParameterizedTest
	@CsvSource({ "FOREIGN, SELF, CPU, platform", "FOREIGN, SELF, CPU, short-lived", "FOREIGN, SELF, CPU, virtual",
			"FOREIGN, LIBC, MM_CID, platform", "FOREIGN, LIBC, MM_CID, short-lived", "FOREIGN, LIBC, MM_CID, virtual",
			"FOREIGN, SELF, MM_CID, short-lived", "JNI, SELF, CPU, short-lived", "JNI, LIBC, MM_CID, short-lived",
			"JNI, SELF, MM_CID, virtual", "JNA, SELF, CPU, short-lived", "JNA, LIBC, MM_CID, short-lived" })
	void nothingIsLostUnderStress(Binding binding, Registration registration, Sharding sharding, String threads)
			throws Exception {
		assume(binding, sharding, threads);
		Properties result = stress(registration, sharding).arguments(binding, "public", threads, MILLIS).run();
		assertDisturbed(result, threads);
		assertThat(result).containsEntry("reason", "null");
		assertThat(number(result, "flips")).isGreaterThan(10);
		assertExact(result);
		// They are registered, or all of them would be there.
		assertThat(number(result, "gaveUp")).as("adds to the fallback row")
			.isLessThan(number(result, "operations") / 100);
	}

	@ParameterizedTest
	@CsvSource({ "FOREIGN, SELF, CPU, short-lived", "FOREIGN, LIBC, MM_CID, short-lived",
			"FOREIGN, SELF, MM_CID, platform", "JNI, SELF, CPU, short-lived", "JNI, LIBC, MM_CID, platform",
			"JNA, SELF, MM_CID, short-lived" })
	void noRecordIsLostUnderStress(Binding binding, Registration registration, Sharding sharding, String threads)
			throws Exception {
		assume(binding, sharding, threads);
		Properties result = stress(registration, sharding).arguments(binding, "recorders", threads, MILLIS).run();
		assertDisturbed(result, threads);
		assertThat(result).containsEntry("reason", "null");
		RecorderExactnessTests.assertExact(result);
	}

	@ParameterizedTest
	@CsvSource({ "SELF, CPU", "LIBC, MM_CID", "SELF, MM_CID" })
	void nothingIsLostWithLongSections(Registration registration, Sharding sharding) throws Exception {
		Properties result = below("delayed", registration, sharding);
		assertDisturbed(result, "short-lived");
		assertThat(number(result, "aborts")).as("aborts").isGreaterThan(10);
		assertExact(result);
	}

	@ParameterizedTest
	@CsvSource({ "SELF, CPU", "LIBC, MM_CID", "SELF, MM_CID" })
	void negativeControlLosesCountsWhereSectionsAreDisarmed(Registration registration, Sharding sharding)
			throws Exception {
		Properties result = below("delayed-disarmed", registration, sharding);
		assertThat(number(result, "aborts")).as("aborts").isZero();
		assertThat(number(result, "doubles")).as("sum of doubles").isLessThan(number(result, "operations"));
	}

	@ParameterizedTest
	@CsvSource({ "SELF, CPU", "LIBC, MM_CID" })
	void selfTestRefusesTheDisarmedLibrary(Registration registration, Sharding sharding) throws Exception {
		OtherModesContractTests.assumeSharding(sharding);
		Properties result = new TestMode(registration, sharding).applyTo(new ChildJvm(StatusMain.class))
			.arguments("JNA", ExactnessTests.testLibrary("disarmed"), "-")
			.run();
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("reason.0", "SELF_TEST_FAILED")
			.containsEntry("sum.0", "5");
	}

	private static Properties below(String variant, Registration registration, Sharding sharding) throws Exception {
		OtherModesContractTests.assumeSharding(sharding);
		Path library = ExactnessTests.testLibrary(variant);
		Binding binding = (ForeignCalls.unsupported() == null) ? Binding.FOREIGN : Binding.JNA;
		return stress(registration, sharding).arguments(binding, library, "short-lived", 2 * MILLIS).run();
	}

	private static ChildJvm stress(Registration registration, Sharding sharding) {
		return new TestMode(registration, sharding).applyTo(new ChildJvm(StressMain.class)).timeout(120);
	}

	private static void assume(Binding binding, Sharding sharding, String threads) {
		OtherModesContractTests.assumeSharding(sharding);
		if (binding == Binding.FOREIGN) {
			String unsupported = ForeignCalls.unsupported();
			assumeTrue(unsupported == null, unsupported);
		}
		assumeTrue(!threads.equals("virtual") || Runtime.version().feature() >= 21,
				"There are no virtual threads before JDK 21");
	}

	private static void assertDisturbed(Properties result, String threads) {
		assertThat(result).as(result.getProperty("output")).containsEntry("exit", "0");
		assertThat(number(result, "operations")).isGreaterThan(100);
		assertThat(number(result, "moves")).isGreaterThan(100);
		assertThat(number(result, "signals")).isGreaterThan(100);
		if (threads.equals("short-lived")) {
			assertThat(number(result, "ended")).as("threads that ended").isGreaterThan(50);
		}
	}

	private static void assertExact(Properties result) {
		assertThat(number(result, "longs")).as("sum of longs").isEqualTo(number(result, "operations"));
		assertThat(number(result, "doubles")).as("sum of doubles").isEqualTo(number(result, "operations"));
	}

	private static long number(Properties result, String name) {
		return Long.parseLong(result.getProperty(name));
	}

}
