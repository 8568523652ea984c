package io.github.rseq.containers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * What a container is given or refused, and what comes of it: per-CPU cells all the same,
 * or the reason why not, and exact counts either way.
 */
class LimitsIT {

	private static final Image BULLSEYE_17 = Image.named("bullseye-17");

	private static final Image BOOKWORM_17 = Image.named("bookworm-17");

	private static final Image TRIXIE_21 = Image.named("trixie-21");

	private static final Image TRIXIE_25 = Image.named("trixie-25");

	private static final String EXECUTABLE = "rw,exec,mode=1777";

	private static final String NOT_EXECUTABLE = "rw,noexec,mode=1777";

	@RegisterExtension
	private final Shops shops = new Shops();

	@Test
	void recordsOnTheOneCpuItMayUse() throws Exception {
		assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "There is one CPU only");
		// As cgroup v1 does for good when a CPU goes offline for a moment
		Path engine = Path.of("/sys/fs/cgroup/cpuset/docker/cpuset.cpus");
		assumeTrue(!Files.exists(engine) || !Files.readString(engine).strip().equals("0"),
				"CPU 1 was taken from the engine's control group");
		ContainerShop shop = this.shops.open(shop(TRIXIE_25).host((host) -> host.withCpusetCpus("1")));
		JsonNode rseq = assertActive(shop, "FOREIGN");
		assertThat(rseq.path("cpus").path("available").asInt()).isEqualTo(1);
		assertThat(rseq.path("cpus").path("possible").asInt()).isGreaterThan(1);
		assertThat(send(shop).assertTimedPerCpu().propertyNames()).containsExactly("1");
	}

	@Test
	void recordsWithHalfACpu() throws Exception {
		assertRecords(shop(TRIXIE_25).host((host) -> host.withCpuPeriod(100_000L).withCpuQuota(50_000L)), "FOREIGN");
	}

	@ParameterizedTest
	@CsvSource({ "EPERM, 1", "ENOSYS, 38" })
	void tellsThatSeccompRefusesTheSystemCall(String name, int error) throws Exception {
		assertFallsBack(shop(TRIXIE_21).host((host) -> refuseRseq(host, error)), "SYSCALL_BLOCKED");
	}

	@ParameterizedTest
	@CsvSource({ "EPERM, 1", "ENOSYS, 38" })
	void tellsThatSeccompRefusesItsOwnRegistration(String name, int error) throws Exception {
		assertFallsBack(shop(BULLSEYE_17).host((host) -> refuseRseq(host, error)), "SYSCALL_BLOCKED");
	}

	@Test
	void leavesRegistrationToALibcThatDoesNotRegister() throws Exception {
		assertFallsBack(shop(BULLSEYE_17).argument("--rseq.registration=libc"), "LIBC_WITHOUT_RSEQ");
	}

	/** That it is the refusal, not the profile, that makes the difference. */
	@Test
	void recordsUnderASeccompProfileThatRefusesAnother() throws Exception {
		assertRecords(shop(TRIXIE_21).host((host) -> refuse(host, "reboot", 1)), "FOREIGN");
	}

	@Test
	void respectsThatLibcsRegistrationIsSwitchedOff() throws Exception {
		assertFallsBack(shop(BOOKWORM_17).environment("GLIBC_TUNABLES", "glibc.pthread.rseq=0"),
				"LIBC_REGISTRATION_DISABLED");
	}

	@Test
	void recordsOnAReadOnlyRoot() throws Exception {
		assertRecords(shop(TRIXIE_25).host((host) -> readOnly(host, EXECUTABLE)), "FOREIGN");
	}

	@Test
	void tellsThatNoWritableDirectoryIsForExecution() throws Exception {
		assertFallsBack(shop(TRIXIE_25).host((host) -> readOnly(host, NOT_EXECUTABLE)),
				"NATIVE_LIBRARY_NOT_EXECUTABLE");
	}

	@Test
	void recordsFromTheDirectoryThatTheUserNames() throws Exception {
		assertRecords(shop(TRIXIE_25)
			.host((host) -> host.withReadonlyRootfs(true)
				.withTmpFs(Map.of("/tmp", NOT_EXECUTABLE, "/var/cache/app", EXECUTABLE)))
			.environment("RSEQ_NATIVE_LIBRARY_DIRECTORY", "/var/cache/app"), "FOREIGN");
	}

	@Test
	void recordsFromTheHomeDirectoryWhereTheTemporaryOneIsNotForExecution() throws Exception {
		assertRecords(shop(TRIXIE_25).host((host) -> host.withTmpFs(Map.of("/tmp", NOT_EXECUTABLE))), "FOREIGN");
	}

	/** As a strict cluster runs it: a user whom nobody knows, no home, no privilege. */
	@ParameterizedTest
	@CsvSource({ "trixie-25, FOREIGN", "bookworm-17, JNI" })
	void recordsWithoutAnyPrivilege(String image, String binding) throws Exception {
		assertRecords(shop(Image.named(image)).user("1000680000:0")
			.host((host) -> readOnly(host, EXECUTABLE).withCapDrop(Capability.ALL)
				.withSecurityOpts(List.of("no-new-privileges"))
				.withPidsLimit(200L)), binding);
	}

	@Test
	void recordsUnderDenialOfNativeAccessWithTheManifestsPermission() throws Exception {
		assertRecords(shop(TRIXIE_25).jvm("--illegal-native-access=deny"), "FOREIGN");
	}

	@Test
	void tellsThatNativeAccessIsDenied() throws Exception {
		assertFallsBack(shop(TRIXIE_25).fromClassPath().jvm("--illegal-native-access=deny"), "NATIVE_ACCESS_DENIED");
	}

	@Test
	void recordsThroughTheIncubatorsLinkerOnJdk17() throws Exception {
		JsonNode rseq = assertRecords(
				shop(BOOKWORM_17).jvm("--add-modules", "jdk.incubator.foreign", "--enable-native-access=ALL-UNNAMED")
					.argument("--rseq.binding=foreign"),
				"FOREIGN");
		assertThat(rseq.path("adders").asString()).isEqualTo("PER_CPU");
	}

	/** The self-test's negative control. */
	@Test
	void refusesSectionsThatDoNotAbort() throws Exception {
		JsonNode rseq = assertFallsBack(shop(TRIXIE_25).bind(JvmContainer.testLibrary("disarmed"), "/disarmed.so")
			.argument("--rseq.native-library.path=/disarmed.so"), "SELF_TEST_FAILED");
		assertThat(rseq.path("availability").path("selfTest").path("violations").asInt()).isPositive();
	}

	private static JvmContainer shop(Image image) {
		return JvmContainer.shop(image).quick();
	}

	@Test
	void recordsThroughTheIncubatorsLinkerWhereItRegistersItself() throws Exception {
		ContainerShop shop = this.shops
			.open(shop(BULLSEYE_17).jvm("--add-modules", "jdk.incubator.foreign", "--enable-native-access=ALL-UNNAMED")
				.argument("--rseq.binding=foreign"));
		JsonNode rseq = assertActive(shop, "FOREIGN", "SELF");
		assertThat(rseq.path("adders").asString()).isEqualTo("PER_CPU");
		send(shop).assertTimedPerCpu();
	}

	private JsonNode assertRecords(JvmContainer jvm, String binding) throws Exception {
		ContainerShop shop = this.shops.open(jvm);
		JsonNode rseq = assertActive(shop, binding);
		send(shop).assertTimedPerCpu();
		return rseq;
	}

	private static JsonNode assertActive(ContainerShop shop, String binding) throws Exception {
		return assertActive(shop, binding, "LIBC");
	}

	private static JsonNode assertActive(ContainerShop shop, String binding, String registration) throws Exception {
		JsonNode rseq = shop.json("/actuator/rseq");
		assertThat(rseq.path("state").asString()).as("%s", rseq).isEqualTo("ACTIVE");
		assertThat(rseq.path("binding").asString()).isEqualTo(binding);
		assertThat(rseq.path("registration").asString()).isEqualTo(registration);
		return rseq;
	}

	private JsonNode assertFallsBack(JvmContainer jvm, String reason) throws Exception {
		ContainerShop shop = this.shops.open(jvm);
		JsonNode rseq = shop.json("/actuator/rseq");
		assertThat(rseq.path("state").asString()).as("%s", rseq).isEqualTo("FALLBACK");
		assertThat(rseq.path("binding").asString()).isEqualTo("NONE");
		JsonNode availability = rseq.path("availability");
		assertThat(availability.path("reason").asString()).as("%s", availability).isEqualTo(reason);
		assertThat(availability.path("sentence").asString()).isNotBlank();
		assertThat(availability.path("hint").asString()).isNotBlank();
		send(shop).assertTimedInJava();
		return rseq;
	}

	private static CountedLoad send(ContainerShop shop) throws Exception {
		CountedLoad load = CountedLoad.send(shop, 2, 100);
		load.assertCounted();
		return load;
	}

	private static HostConfig readOnly(HostConfig host, String temporaryFolder) {
		return host.withReadonlyRootfs(true).withTmpFs(Map.of("/tmp", temporaryFolder));
	}

	private static void refuseRseq(HostConfig host, int error) {
		refuse(host, "rseq", error);
	}

	private static void refuse(HostConfig host, String systemCall, int error) {
		host.withSecurityOpts(List.of("""
				seccomp={
					"defaultAction": "SCMP_ACT_ALLOW",
					"syscalls": [{"names": ["%s"], "action": "SCMP_ACT_ERRNO", "errnoRet": %d}]
				}""".formatted(systemCall, error)));
	}

}
