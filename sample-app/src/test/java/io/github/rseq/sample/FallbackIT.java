package io.github.rseq.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Where restartable sequences can't be had, the shop opens, tells why, and counts every
 * request. Each case is brought about for real, in the process or around it.
 */
@Tag("slow")
class FallbackIT {

	private static final int CONNECTIONS = 2;

	private static final int REQUESTS = 500;

	@RegisterExtension
	private final Samples samples = new Samples();

	@TempDir
	@SuppressWarnings("NullAway.Init")
	private Path directory;

	@Test
	void libcRegistrationSwitchedOff() throws Exception {
		assertThatFallsBack(launch().environment("GLIBC_TUNABLES", "glibc.pthread.rseq=0"),
				"LIBC_REGISTRATION_DISABLED");
	}

	@Test
	@EnabledForJreRange(min = JRE.JAVA_24, disabledReason = "Earlier JDKs can't deny native access")
	void nativeAccessDenied() throws Exception {
		assertThatFallsBack(launch().jvm("--illegal-native-access=deny").fromClassPath(), "NATIVE_ACCESS_DENIED");
	}

	@Test
	void libraryMissing() throws Exception {
		assertThatFallsBack(launch().argument("--rseq.native-library.path=/nonexistent/library.so"),
				"NATIVE_LIBRARY_MISSING");
	}

	@Test
	void libraryThatIsNone() throws Exception {
		Path damaged = Files.writeString(this.directory.resolve("damaged.so"), "This is no library");
		assertThatFallsBack(launch().argument("--rseq.native-library.path=" + damaged), "NATIVE_LIBRARY_DAMAGED");
	}

	@Test
	void libraryThatIsCutShort() throws Exception {
		byte[] header = new byte[64];
		header[0] = 0x7f;
		header[1] = 'E';
		header[2] = 'L';
		header[3] = 'F';
		Path damaged = Files.write(this.directory.resolve("cut-short.so"), header);
		assertThatFallsBack(launch().argument("--rseq.native-library.path=" + damaged), "NATIVE_LIBRARY_DAMAGED");
	}

	@Test
	void libraryOfAnotherKind() throws Exception {
		Path other = Path.of("/lib/" + multiarch() + "/libm.so.6");
		assumeThat(other).as("no other library to take for ours").exists();
		assertThatFallsBack(launch().argument("--rseq.native-library.path=" + other), "NATIVE_LIBRARY_DAMAGED");
	}

	@Test
	void directoryThatCanNotBeMade() throws Exception {
		assertThatFallsBack(launch().jvm("-Djna.tmpdir=" + this.directory)
			.argument("--rseq.native-library.directory=/proc/nonexistent"), "NATIVE_LIBRARY_NOT_EXTRACTED");
	}

	@Test
	void directoryIsReadOnly() throws Exception {
		Path mount = Files.createDirectory(this.directory.resolve("mount"));
		assertThatFallsBack(launch().by(mounted(mount, "ro"))
			.jvm("-Djna.tmpdir=" + this.directory)
			.argument("--rseq.native-library.directory=" + mount), "NATIVE_LIBRARY_NOT_EXTRACTED");
	}

	@Test
	void directoryIsNotForExecution() throws Exception {
		Path mount = Files.createDirectory(this.directory.resolve("mount"));
		assertThatFallsBack(launch().by(mounted(mount, "noexec"))
			.jvm("-Djna.tmpdir=" + this.directory)
			.argument("--rseq.native-library.directory=" + mount), "NATIVE_LIBRARY_NOT_EXECUTABLE");
	}

	@Test
	void noTemporaryFolderIsForExecution() throws Exception {
		Path mount = Files.createDirectory(this.directory.resolve("mount"));
		assertThatFallsBack(
				launch().by(mounted(mount, "noexec"))
					.environment("XDG_CACHE_HOME", mount.toString())
					.jvm("-Djava.io.tmpdir=" + mount, "-Djna.tmpdir=" + this.directory),
				"NATIVE_LIBRARY_NOT_EXECUTABLE");
	}

	@ParameterizedTest
	@CsvSource({ "ro, JNA_UNAVAILABLE", "noexec, NATIVE_LIBRARY_NOT_EXECUTABLE" })
	void jnaCanNotUseItsFolder(String option, String reason) throws Exception {
		Path mount = Files.createDirectory(this.directory.resolve("mount"));
		assertThatFallsBack(launch().by(mounted(mount, option)).jvm("-Djna.tmpdir=" + mount), reason);
	}

	@ParameterizedTest
	@ValueSource(strings = { "EPERM", "ENOSYS" })
	void seccompRefusesTheSystemCall(String error) throws Exception {
		assertThatFallsBack(launch().by(compile("refuse-rseq"), error), "SYSCALL_BLOCKED");
	}

	@Test
	void bindingNone() throws Exception {
		assertThatFallsBack(launch().argument("--rseq.binding=none"), "BINDING_NONE");
	}

	@Test
	void registrationOff() throws Exception {
		assertThatFallsBack(launch().argument("--rseq.registration=off"), "REGISTRATION_OFF");
	}

	@Test
	void libcHasRegisteredAlready() throws Exception {
		assertThatFallsBack(launch().argument("--rseq.registration=self"), "REGISTERED_ALREADY");
	}

	@Test
	@EnabledForJreRange(max = JRE.JAVA_20, disabledReason = "Later JDKs have the foreign binding")
	void bindingThatThisJdkHasNot() throws Exception {
		assertThatFallsBack(launch().argument("--rseq.binding=foreign"), "BINDING_UNAVAILABLE");
	}

	private Sample.Launch launch() {
		return Sample.launch(this.directory).quick();
	}

	private void assertThatFallsBack(Sample.Launch launch, String reason) throws Exception {
		Sample sample = this.samples.open(launch.argument("--server.tomcat.max-keep-alive-requests=-1"));
		JsonNode rseq = sample.json("/actuator/rseq");
		assertThat(rseq.path("state").asString()).isEqualTo("FALLBACK");
		JsonNode availability = rseq.path("availability");
		assertThat(availability.path("reason").asString()).as("%s", availability).isEqualTo(reason);
		assertThat(availability.path("sentence").asString()).isNotBlank();
		assertThat(availability.path("hint").asString()).isNotBlank();
		HttpLoad load = new HttpLoad(sample.port(),
				List.of(HttpLoad.post("/orders", "{\"product\":\"tea\",\"quantity\":1}")));
		assertThat(load.send(CONNECTIONS, REQUESTS)).isEqualTo(Map.of(201, (long) CONNECTIONS * REQUESTS));
		assertThat(sample.scraped("orders_placed_total")).isEqualTo(CONNECTIONS * REQUESTS);
		sample.awaitMetric("http.server.requests", CONNECTIONS * REQUESTS, "uri:/orders");
	}

	/**
	 * The command that runs another with a file system of its own at a directory.
	 */
	private String[] mounted(Path mount, String option) throws IOException, InterruptedException {
		Tool.assumeInstalled("unshare", "mount");
		String[] unshare = { "unshare", "--mount", "sh", "-c",
				"mount -t tmpfs -o \"$1\" none \"$0\" && shift && exec \"$@\"", mount.toString(), option };
		List<String> trial = new ArrayList<>(List.of(unshare));
		trial.add("true");
		Tool.Result result = Tool.run(this.directory, "", trial);
		assumeThat(result.status()).as("a file system can't be mounted here: %s", result.output()).isZero();
		return unshare;
	}

	private String compile(String name) throws IOException, InterruptedException {
		Tool.assumeInstalled("cc");
		Path program = this.directory.resolve(name);
		Tool.Result compiled = Tool.run(this.directory, "",
				List.of("cc", "-o", program.toString(), "src/test/native/" + name + ".c"));
		assumeThat(compiled.status()).as("the C compiler can't compile %s: %s", name, compiled.output()).isZero();
		Tool.Result tried = Tool.run(this.directory, "", List.of(program.toString(), "EPERM", "true"));
		assumeThat(tried.status()).as("seccomp can't be used here: %s", tried.output()).isZero();
		return program.toString();
	}

	private static String multiarch() {
		return System.getProperty("os.arch").equals("aarch64") ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
	}

}
