package io.github.rseq.containers;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The same on each image: what the endpoint tells, exact counts of requests, and exact
 * sums under stress, which is lost where sections don't abort.
 */
class ImagesIT {

	private static final int MILLIS = 500;

	@RegisterExtension
	private final Shops shops = new Shops();

	@ParameterizedTest
	@MethodSource("images")
	void countsEveryRequest(Image image) throws Exception {
		ContainerShop shop = this.shops.open(JvmContainer.shop(image).jvm("-Xmx256m"));
		JsonNode rseq = shop.json("/actuator/rseq");
		System.out.printf("%s: %s %s %s %s%n", image, rseq.path("platform").path("libc"), rseq.path("state"),
				rseq.path("binding"), rseq.path("registration"));
		assertThat(rseq.path("platform").path("libc").asString()).startsWith(image.libc());
		assertThat(rseq.path("platform").path("java").asInt()).isEqualTo(image.java());
		assertThat(rseq.path("registration").asString()).isEqualTo(image.registration());
		CountedLoad load = CountedLoad.send(shop, 4, 500);
		load.assertCounted();
		assertThat(rseq.path("state").asString()).as("%s", rseq).isEqualTo("ACTIVE");
		assertThat(rseq.path("availability").path("reason").isMissingNode()).isTrue();
		assertThat(rseq.path("binding").asString()).isEqualTo((image.java() >= 21) ? "FOREIGN" : "JNI");
		assertThat(rseq.path("adders").asString()).isEqualTo((image.java() >= 21) ? "PER_CPU" : "JAVA");
		load.assertTimedPerCpu();
	}

	@ParameterizedTest
	@MethodSource("images")
	void losesNothingUnderStress(Image image) {
		Map<String, String> result = stress(image, "public");
		assertThat(result).as("%s", result)
			.containsEntry("reason", "null")
			.containsEntry("longs", result.get("operations"))
			.containsEntry("doubles", result.get("operations"));
		assertThat(number(result, "operations")).isPositive();
		assertThat(number(result, "signals")).isPositive();
		assertThat(number(result, "flips")).isPositive();
	}

	@ParameterizedTest
	@MethodSource("images")
	void losesCountsWhereSectionsAreDisarmed(Image image) {
		Path library = JvmContainer.testLibrary("delayed-disarmed");
		Map<String, String> result = stress(image,
				"/native-test/" + library.getParent().getFileName() + "/" + library.getFileName());
		assertThat(number(result, "aborts")).as("aborts").isZero();
		assertThat(number(result, "doubles")).as("sum of doubles").isLessThan(number(result, "operations"));
	}

	static List<Image> images() {
		return Image.all();
	}

	private static Map<String, String> stress(Image image, String target) {
		String output = JvmContainer.stress(image, (image.java() >= 21) ? "FOREIGN" : "JNI", target, "platform", MILLIS)
			// Below the adders nobody probes who has to register
			.jvm("-Drseq.test.registration=" + image.registration())
			.run();
		return output.lines()
			.filter((line) -> line.startsWith("> "))
			.map((line) -> line.substring(2).split("=", 2))
			.collect(Collectors.toMap((property) -> property[0], (property) -> property[1]));
	}

	private static long number(Map<String, String> result, String name) {
		assertThat(result).containsKey(name);
		return Long.parseLong(result.get(name));
	}

}
