package io.github.rseq;

import java.nio.file.Path;
import java.util.Properties;

import io.github.rseq.binding.ForeignCalls;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Nothing is left of a class loader that was dropped. JNA's own thread keeps the class
 * loader that JNA is of for half a minute, which is what these tests wait for.
 */
@Tag("slow")
class LoaderChurnTests {

	/** With fewer than a hundred only the first of each kind of test is run. */
	private static final int LOADS = Integer.getInteger("churn.loads", 20);

	private static final Binding BEST = (ForeignCalls.unsupported() == null) ? Binding.FOREIGN : Binding.JNI;

	@TempDir
	Path temporary;

	@BeforeEach
	void assumeRseq() {
		RseqAssumptions.use(Binding.JNI);
	}

	@AfterAll
	static void restoreDefaults() {
		Rseq.configure(RseqOptions.DEFAULTS);
	}

	private ChildJvm churn(Binding binding) {
		return new ChildJvm(LoaderChurnMain.class).timeout(300)
			.options("-Dchurn.binding=" + binding, "-Djava.io.tmpdir=" + this.temporary,
					"-Djna.tmpdir=" + this.temporary);
	}

	@ParameterizedTest
	@CsvSource({ "own, JNI", "parent, JNI", "parent, FOREIGN" })
	void nothingIsLeftOfManyApplications(String jna, Binding binding) throws Exception {
		assumeLong(jna.equals("own"));
		RseqAssumptions.use(binding);
		Properties result = churn(binding).arguments(jna, LOADS, "record").run();
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("exit", "0")
			.containsEntry("loads", String.valueOf(LOADS + 1))
			.containsEntry("stray", "")
			.containsEntry("survivor", "0")
			.containsEntry("alive", "0")
			.containsEntry("libraries.growth", "0")
			.containsEntry("files.growth", "0");
		assertThat(number(result, "jna.growth")).isNotPositive();
		assertThat(number(result, "descriptors.growth")).isNotPositive();
		assertThat(number(result, "threads.growth")).isNotPositive();
		// An application has some 100 classes and needs a megabyte for them.
		assertThat(number(result, "classes.growth")).isLessThan(100);
		assertThat(number(result, "metaspace.growth")).isLessThan(2_000_000);
		if (jna.equals("parent")) {
			// The survivor's, the current one's, and those that are gone but not enqueued
			// yet, or on JDK 17 kept by JNA's thread for a while.
			assertThat(number(result, "segments")).isBetween(2L, 6L);
		}
	}

	/*
	 * JNA's thread makes each of these tests wait.
	 */
	private static void assumeLong(boolean isShort) {
		assumeTrue(isShort || LOADS >= 100, "Takes long: ask for it with -Dchurn.loads=100");
	}

	private static long number(Properties result, String name) {
		return Long.parseLong(result.getProperty(name));
	}

	@ParameterizedTest
	@ValueSource(strings = { "mapAnInterface", "cleaner", "thread" })
	void anApplicationThatIsKeptIsSeen(String mistake) throws Exception {
		Properties result = churn(BEST).options("-Dchurn.patience=5").arguments("parent", 5, "record," + mistake).run();
		assertThat(result).as(result.getProperty("output")).containsEntry("stray", "");
		assertThat(number(result, "alive")).isGreaterThanOrEqualTo(5);
	}

	@Test
	void aLibraryThatIsLeftOpenIsSeen() throws Exception {
		assumeLong(false);
		Properties result = churn(BEST).arguments("own", 3, "record,leaveALibraryOpen").run();
		assertThat(result).as(result.getProperty("output")).containsEntry("stray", "").containsEntry("alive", "3");
	}

}
