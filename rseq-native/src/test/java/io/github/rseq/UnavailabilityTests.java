package io.github.rseq;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

import com.sun.jna.Native;
import com.sun.jna.Platform;
import io.github.rseq.control.DamagedLibrary;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Whatever is missing: it has its reason, and the process counts on.
 */
class UnavailabilityTests {

	@TempDir
	Path directory;

	@BeforeAll
	static void assumeRseq() {
		RseqAssumptions.useAny();
	}

	@AfterAll
	static void restoreDefaults() {
		Rseq.configure(RseqOptions.DEFAULTS);
	}

	private static ChildJvm child() {
		return new ChildJvm(StatusMain.class);
	}

	private static void assertReason(ChildJvm child, UnavailabilityReason reason) throws Exception {
		assertReason(child.run(), 0, reason);
	}

	private static void assertReason(Properties result, int number, UnavailabilityReason reason) {
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("exit", "0")
			.containsEntry("reason." + number, reason.name())
			.containsEntry("thrown." + number, reason.name())
			.containsEntry("state." + number, "FALLBACK")
			.containsEntry("binding." + number, "NONE")
			.containsEntry("sum." + number, "5");
	}

	@Test
	void aChildIsActiveWhereNothingIsMissing() throws Exception {
		Properties result = child().arguments("JNI", "-", "-").run();
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("reason.0", "null")
			.containsEntry("state.0", "ACTIVE")
			.containsEntry("sum.0", "5");
	}

	@Test
	void damagedLibrariesAreTold() throws Exception {
		byte[] intact = DamagedLibrary.intact();
		Map<String, byte[]> files = new LinkedHashMap<>();
		files.put("empty", new byte[0]);
		files.put("text", "#!/bin/sh\n".repeat(1000).getBytes());
		files.put("header", Arrays.copyOf(intact, 64));
		files.put("third", Arrays.copyOf(intact, intact.length / 3));
		files.put("half", Arrays.copyOf(intact, intact.length / 2));
		files.put("version", DamagedLibrary.ofAnotherVersion());
		files.put("machine", DamagedLibrary.ofAnotherMachine());
		ChildJvm child = child();
		for (Map.Entry<String, byte[]> file : files.entrySet()) {
			child.arguments("-", Files.write(this.directory.resolve(file.getKey() + ".so"), file.getValue()), "-");
		}
		// Another library, and after all that ours.
		child.arguments("-", findLibc(), "-");
		child.arguments("JNA", Files.write(this.directory.resolve("intact.so"), intact), "-");
		Properties result = child.run();
		for (int i = 0; i <= files.size(); i++) {
			assertReason(result, i, UnavailabilityReason.NATIVE_LIBRARY_DAMAGED);
		}
		assertThat(result.getProperty("detail.5")).contains("version 99", "version 3");
		assertThat(result).containsEntry("state." + (files.size() + 1), "ACTIVE");
	}

	private static Path findLibc() throws IOException {
		return Files.readAllLines(Path.of("/proc/self/maps"))
			.stream()
			.filter((line) -> line.contains("/libc.so") || line.contains("/libc-"))
			.map((line) -> Path.of(line.substring(line.indexOf('/'))))
			.findFirst()
			.orElseThrow();
	}

	@Test
	void missingLibraryIsTold() throws Exception {
		Properties result = child().arguments("-", this.directory.resolve("none.so"), "-", "-", this.directory, "-")
			.run();
		assertReason(result, 0, UnavailabilityReason.NATIVE_LIBRARY_MISSING);
		assertReason(result, 1, UnavailabilityReason.NATIVE_LIBRARY_MISSING);
		assertThat(result.getProperty("detail.0")).contains("none.so");
	}

	@Test
	void directoryThatCannotBeWrittenIsTold() throws Exception {
		Path file = Files.createFile(this.directory.resolve("file"));
		assertReason(child().arguments("-", "-", file.resolve("directory")),
				UnavailabilityReason.NATIVE_LIBRARY_NOT_EXTRACTED);
	}

	@Test
	void anUnwritableTemporaryDirectoryIsPassedOver() throws Exception {
		Path file = Files.createFile(this.directory.resolve("file"));
		Properties result = child().options("-Djava.io.tmpdir=" + file)
			.environment("XDG_CACHE_HOME", this.directory.resolve("cache").toString())
			.arguments("JNI", "-", "-")
			.run();
		assertThat(result).as(result.getProperty("output")).containsEntry("state.0", "ACTIVE");
		assertThat(this.directory.resolve("cache")).isNotEmptyDirectory();
	}

	@Test
	void noexecDirectoryIsTold() throws Exception {
		Path mount = Files.createDirectory(this.directory.resolve("mount"));
		assumeTrue(canMount(mount), "Mounting needs privileges");
		Path jna = Files.createDirectory(this.directory.resolve("jna"));
		assertReason(mounting(mount).options("-Djna.tmpdir=" + jna).arguments("-", "-", mount),
				UnavailabilityReason.NATIVE_LIBRARY_NOT_EXECUTABLE);
	}

	@Test
	void noexecDirectoryForAllFilesIsTold() throws Exception {
		Path mount = Files.createDirectory(this.directory.resolve("mount"));
		assumeTrue(canMount(mount), "Mounting needs privileges");
		assertReason(mounting(mount).arguments("-", "-", mount), UnavailabilityReason.NATIVE_LIBRARY_NOT_EXECUTABLE);
	}

	@Test
	void aNoexecTemporaryDirectoryIsPassedOver() throws Exception {
		Path mount = Files.createDirectory(this.directory.resolve("mount"));
		assumeTrue(canMount(mount), "Mounting needs privileges");
		Properties result = mounting(mount).options("-Djava.io.tmpdir=" + mount)
			.environment("XDG_CACHE_HOME", this.directory.resolve("cache").toString())
			.arguments("JNI", "-", "-")
			.run();
		assertThat(result).as(result.getProperty("output")).containsEntry("state.0", "ACTIVE");
	}

	private static String[] mountCommand(Path mount) {
		// A mount namespace of its own: nothing is left when it ends.
		return new String[] { "unshare", "-m", "sh", "-c",
				"mount -t tmpfs -o noexec,size=16m tmpfs '" + mount + "' && exec \"$@\"", "sh" };
	}

	private static ChildJvm mounting(Path mount) {
		return child().startedBy(mountCommand(mount));
	}

	private static boolean canMount(Path mount) throws InterruptedException {
		String[] command = Arrays.copyOf(mountCommand(mount), 7);
		command[6] = "true";
		try {
			return new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.DISCARD)
				.start()
				.waitFor() == 0;
		}
		catch (IOException ex) {
			return false;
		}
	}

	@Test
	void registrationThatWasSwitchedOffIsTold() throws Exception {
		assertReason(child().environment("GLIBC_TUNABLES", "glibc.pthread.rseq=0").arguments("-", "-", "-"),
				UnavailabilityReason.LIBC_REGISTRATION_DISABLED);
	}

	@Test
	void missingJnaIsTold() throws Exception {
		assertReason(child().classPathWithout("/jna-").arguments("-", "-", "-"), UnavailabilityReason.JNA_UNAVAILABLE);
	}

	@Test
	void anotherVersionsNativePartOfJnaIsTold() throws Exception {
		byte[] library;
		try (var in = Native.class
			.getResourceAsStream("/com/sun/jna/" + Platform.RESOURCE_PREFIX + "/libjnidispatch.so")) {
			library = in.readAllBytes();
		}
		// Latin 1 keeps every byte. The last number may differ between platforms.
		String version = Native.VERSION_NATIVE.substring(0, Native.VERSION_NATIVE.lastIndexOf('.') + 1);
		String content = new String(library, StandardCharsets.ISO_8859_1);
		assertThat(content).as("JNA's native part").contains(version);
		String patched = content.replace(version, "0.0.");
		Files.write(this.directory.resolve("libjnidispatch.so"), patched.getBytes(StandardCharsets.ISO_8859_1));
		assertReason(child().options("-Djna.boot.library.path=" + this.directory).arguments("-", "-", "-"),
				UnavailabilityReason.JNA_UNAVAILABLE);
	}

	@Test
	void missingResourceIsTold() throws Exception {
		// Maven's class path has the classes in target/classes; a copy lacks the library.
		Path classes = this.directory.resolve("classes");
		try (var files = Files.walk(Path.of("target/classes"))) {
			for (Path file : files.filter((path) -> path.toString().endsWith(".class")).toList()) {
				Path copy = classes.resolve(Path.of("target/classes").relativize(file));
				Files.createDirectories(copy.getParent());
				Files.copy(file, copy);
			}
		}
		assertReason(child().classPathWithout("target/classes").classPathWith(classes).arguments("-", "-", "-"),
				UnavailabilityReason.NATIVE_LIBRARY_MISSING);
	}

	@Test
	void deniedNativeAccessIsTold() throws Exception {
		assumeTrue(Runtime.version().feature() >= 24, "JDKs before 24 have no --illegal-native-access");
		assertReason(child().withoutNativeAccess().options("--illegal-native-access=deny").arguments("-", "-", "-"),
				UnavailabilityReason.NATIVE_ACCESS_DENIED);
	}

	@Test
	void seccompFilterIsTold() throws Exception {
		Properties result = new ChildJvm(SeccompMain.class).run();
		assumeTrue(!result.getProperty("output").contains("no filter"), "Seccomp filters can't be installed here");
		assertReason(result, 0, UnavailabilityReason.SYSCALL_BLOCKED);
	}

	@ParameterizedTest
	@CsvSource({ "os.name, Windows 11, UNSUPPORTED_OS", "os.name, Mac OS X, UNSUPPORTED_OS",
			"os.arch, riscv64, UNSUPPORTED_ARCHITECTURE", "os.arch, i386, UNSUPPORTED_ARCHITECTURE" })
	void anotherPlatformIsTold(String property, String value, UnavailabilityReason reason) throws Exception {
		assertReason(child().options("-D" + property + "=" + value).arguments("-", "-", "-"), reason);
	}

	@Test
	void aForeignBindingThatCannotBeHadIsTold() throws Exception {
		assumeTrue(
				Runtime.version().feature() == 17
						&& !ModuleLayer.boot().findModule("jdk.incubator.foreign").isPresent(),
				"The foreign binding can be had on this JVM");
		assertReason(child().arguments("FOREIGN", "-", "-"), UnavailabilityReason.BINDING_UNAVAILABLE);
	}

	@ParameterizedTest
	@EnumSource(UnavailabilityReason.class)
	void eachReasonHasASentenceAndAHint(UnavailabilityReason reason) {
		assertThat(reason.sentence()).endsWith(".").hasSizeGreaterThan(20);
		assertThat(reason.hint()).endsWith(".").hasSizeGreaterThan(20);
	}

}
