package io.github.rseq;

import java.util.Properties;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * The contract of every binding where this library registers threads, and where rows are
 * numbered by concurrency id. A process has one such mode for good, hence JVMs of their
 * own.
 */
@Tag("slow")
class OtherModesContractTests {

	@BeforeAll
	static void assumeRseq() {
		RseqAssumptions.useAny();
	}

	@AfterAll
	static void restoreDefaults() {
		Rseq.configure(RseqOptions.DEFAULTS);
	}

	@ParameterizedTest
	@CsvSource({ "SELF, CPU", "LIBC, MM_CID", "SELF, MM_CID" })
	void contractsHold(Registration registration, Sharding sharding) throws Exception {
		assumeSharding(sharding);
		assumeTrue(
				(registration == Registration.SELF && sharding == Sharding.MM_CID) || Boolean.getBoolean("modes.all"),
				"Both at once is in the short run: ask for each with -Dmodes.all=true");
		Properties result = new TestMode(registration, sharding).applyTo(new ChildJvm(ContractsMain.class))
			.timeout(300)
			.run();
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("failed", "0")
			.containsEntry("registration", registration.name())
			.containsEntry("sharding", sharding.name());
		assertThat(Long.parseLong(result.getProperty("succeeded"))).as(result.getProperty("output")).isGreaterThan(100);
	}

	/**
	 * Skips a test where this kernel keeps no concurrency ids.
	 */
	static void assumeSharding(Sharding sharding) {
		Integer featureSize = Rseq.status().platform().featureSize();
		assumeTrue(sharding == Sharding.CPU || (featureSize != null && featureSize >= 28),
				"This kernel keeps no concurrency ids");
	}

}
