package io.github.rseq;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;

import io.github.rseq.control.DamagedLibrary;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Who registers, and what numbers rows, by what is asked for and what there is.
 */
class RegistrationTests {

	@TempDir
	Path directory;

	@BeforeAll
	static void assumeRseq() {
		RseqAssumptions.use(Binding.JNI);
	}

	@AfterAll
	static void restoreDefaults() {
		Rseq.configure(RseqOptions.DEFAULTS);
	}

	private static ChildJvm child(String registration, String sharding) {
		ChildJvm child = new ChildJvm(StatusMain.class).options("-Drseq.test.sharding=" + sharding);
		return registration.equals("AUTO") ? child : child.options("-Drseq.test.registration=" + registration);
	}

	private static ChildJvm switchedOff(ChildJvm child) {
		return child.environment("GLIBC_TUNABLES", "glibc.pthread.rseq=0");
	}

	private static void assertActive(Properties result, Registration registration, Sharding sharding) {
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("exit", "0")
			.containsEntry("state.0", "ACTIVE")
			.containsEntry("registration.0", registration.name())
			.containsEntry("sharding.0", sharding.name())
			.containsEntry("sum.0", "5");
	}

	private static void assertReason(Properties result, UnavailabilityReason reason) {
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("exit", "0")
			.containsEntry("state.0", "FALLBACK")
			.containsEntry("reason.0", reason.name())
			.containsEntry("registration.0", "NONE")
			.containsEntry("sharding.0", "null")
			.containsEntry("sum.0", "5");
	}

	@ParameterizedTest
	@CsvSource({ "AUTO, CPU", "LIBC, CPU", "AUTO, MM_CID", "LIBC, MM_CID" })
	void theCLibraryRegistersWhereItCan(String registration, Sharding sharding) throws Exception {
		OtherModesContractTests.assumeSharding(sharding);
		assertActive(child(registration, sharding.name()).arguments("JNI", "-", "-").run(), Registration.LIBC,
				sharding);
	}

	@ParameterizedTest
	@CsvSource({ "JNI, CPU", "JNI, MM_CID", "JNA, CPU", "JNA, MM_CID" })
	void weRegisterByNameWhereTheCLibraryWasToldNotTo(Binding binding, Sharding sharding) throws Exception {
		OtherModesContractTests.assumeSharding(sharding);
		assertActive(switchedOff(child("SELF", sharding.name())).arguments(binding, "-", "-").run(), Registration.SELF,
				sharding);
	}

	@ParameterizedTest
	@CsvSource({ "AUTO", "LIBC" })
	void aCLibraryThatWasToldNotToRegisterIsRespected(String registration) throws Exception {
		assertReason(switchedOff(child(registration, "CPU")).arguments("JNI", "-", "-").run(),
				UnavailabilityReason.LIBC_REGISTRATION_DISABLED);
	}

	@Test
	void weDoNotRegisterWhereTheCLibraryHas() throws Exception {
		Properties result = child("SELF", "CPU").arguments("JNI", "-", "-").run();
		assertReason(result, UnavailabilityReason.REGISTERED_ALREADY);
		assertThat(result.getProperty("detail.0")).contains("glibc");
	}

	@Test
	void offIsToldAndLoadsNothing() throws Exception {
		Properties result = child("NONE", "CPU").options("-Xlog:library=info")
			.arguments("JNI", "-", this.directory)
			.run();
		assertReason(result, UnavailabilityReason.REGISTRATION_OFF);
		assertThat(this.directory).isEmptyDirectory();
	}

	/*
	 * A library that looks for symbols by other names finds none, as with musl and older
	 * versions of glibc.
	 */
	private Path libraryThatFindsNoSymbols() throws Exception {
		String content = new String(DamagedLibrary.intact(), StandardCharsets.ISO_8859_1);
		assertThat(content).contains("__rseq_offset", "__rseq_size");
		return Files.write(this.directory.resolve("libpercpu_rseq.so"),
				content.replace("__rseq_", "__rsek_").getBytes(StandardCharsets.ISO_8859_1));
	}

	@ParameterizedTest
	@EnumSource
	void weRegisterOfOurselvesWhereTheCLibraryHasNoSymbols(Sharding sharding) throws Exception {
		OtherModesContractTests.assumeSharding(sharding);
		assertActive(
				switchedOff(child("AUTO", sharding.name())).arguments("JNI", libraryThatFindsNoSymbols(), "-").run(),
				Registration.SELF, sharding);
	}

	@Test
	void aCLibraryWithoutSymbolsIsToldWhereItIsToRegister() throws Exception {
		assertReason(child("LIBC", "CPU").arguments("JNI", libraryThatFindsNoSymbols(), "-").run(),
				UnavailabilityReason.LIBC_WITHOUT_RSEQ);
	}

	@Test
	void anotherOwnerOfTheRegistrationIsTold() throws Exception {
		// glibc has registered, and the library does not know.
		Properties result = child("AUTO", "CPU").arguments("JNI", libraryThatFindsNoSymbols(), "-").run();
		assertReason(result, UnavailabilityReason.REGISTERED_ALREADY);
		assertThat(result.getProperty("detail.0")).contains("errno");
	}

	@Test
	void seccompFilterIsToldWhereWeAreToRegister() throws Exception {
		Properties result = switchedOff(
				new ChildJvm(SeccompMain.class).options("-Drseq.test.registration=SELF", "-Drseq.test.sharding=CPU"))
			.run();
		assumeTrue(!result.getProperty("output").contains("no filter"), "Seccomp filters can't be installed here");
		assertReason(result, UnavailabilityReason.SYSCALL_BLOCKED);
	}

	@ParameterizedTest
	@CsvSource({ "LIBC, 20", "SELF, 20", "LIBC, 0", "SELF, 24" })
	void aKernelWithoutConcurrencyIdsIsTold(String registration, int featureSize) throws Exception {
		ChildJvm child = child(registration, "MM_CID").environment("LD_PRELOAD", preloaded(featureSize).toString());
		Properties result = (registration.equals("SELF") ? switchedOff(child) : child).arguments("JNI", "-", "-").run();
		assertReason(result, UnavailabilityReason.MM_CID_UNAVAILABLE);
		assertThat(result.getProperty("detail.0")).contains("feature size is " + featureSize + ",");
	}

	@ParameterizedTest
	@ValueSource(longs = { -1, 0, 1, 1L << 40, Long.MIN_VALUE })
	void anOddFeatureSizeIsSurvived(long featureSize) throws Exception {
		assertActive(child("AUTO", "CPU").environment("LD_PRELOAD", preloaded(featureSize).toString())
			.arguments("JNI", "-", "-")
			.run(), Registration.LIBC, Sharding.CPU);
	}

	@Test
	void theFirstOptionsThatWorkDecideForTheProcess() throws Exception {
		OtherModesContractTests.assumeSharding(Sharding.MM_CID);
		Properties result = new ChildJvm(DecidedMain.class).run();
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("exit", "0")
			.containsEntry("first", "ACTIVE LIBC MM_CID")
			.containsEntry("second", "ACTIVE LIBC MM_CID")
			.containsEntry("another", "ACTIVE LIBC MM_CID")
			.containsEntry("off", "FALLBACK NONE MM_CID")
			.containsEntry("sum", "4");
		assertThat(result.getProperty("detail")).contains("decided before", "registration LIBC", "sharding MM_CID");
		assertThat(result.getProperty("asked")).isEqualTo("SELF CPU");
	}

	/*
	 * A kernel's auxiliary vector as getauxval tells it. AT_RSEQ_FEATURE_SIZE is 27.
	 */
	private Path preloaded(long featureSize) throws Exception {
		Path source = Files.writeString(this.directory.resolve("auxv.c"),
				"""
						#define _GNU_SOURCE
						#include <dlfcn.h>
						unsigned long getauxval(unsigned long type)
						{
							unsigned long (*real)(unsigned long) = (unsigned long (*)(unsigned long)) dlsym(RTLD_NEXT, "getauxval");
							return (type == 27) ? %sUL : real(type);
						}
						"""
					.formatted(Long.toUnsignedString(featureSize)));
		Path library = this.directory.resolve("auxv.so");
		String compiler = (System.getenv("CC") != null) ? System.getenv("CC") : "cc";
		List<String> command = List.of(compiler, "-shared", "-fPIC", "-o", library.toString(), source.toString(),
				"-ldl");
		int exit;
		try {
			exit = new ProcessBuilder(command).inheritIO().start().waitFor();
		}
		catch (java.io.IOException ex) {
			exit = -1;
		}
		assumeTrue(exit == 0, "'" + compiler + "' links no libraries");
		return library;
	}

}
