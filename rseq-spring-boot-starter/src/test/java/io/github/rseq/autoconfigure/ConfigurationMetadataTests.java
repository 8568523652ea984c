package io.github.rseq.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import io.github.rseq.Sharding;
import io.github.rseq.autoconfigure.RseqProperties.BindingChoice;
import io.github.rseq.autoconfigure.RseqProperties.RegistrationChoice;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the metadata of the properties, which the annotation processor writes and
 * development environments read.
 */
class ConfigurationMetadataTests {

	@Test
	void everyPropertyIsDescribed() throws IOException {
		Map<String, JsonNode> properties = named("properties");
		assertThat(properties).containsOnlyKeys("rseq.enabled", "rseq.required", "rseq.binding", "rseq.registration",
				"rseq.sharding", "rseq.native-library.path", "rseq.native-library.directory",
				"management.endpoint.rseq.access", "management.endpoint.rseq.cache.time-to-live");
		assertThat(properties.values())
			.allSatisfy((property) -> assertThat(property.path("description").asString()).endsWith("."));
	}

	@Test
	void defaultsAreTold() throws IOException {
		Map<String, JsonNode> properties = named("properties");
		assertThat(properties.get("rseq.enabled").path("defaultValue").asBoolean()).isTrue();
		assertThat(properties.get("rseq.required").path("defaultValue").asBoolean(true)).isFalse();
		assertThat(properties.get("rseq.binding").path("defaultValue").asString()).isEqualTo("auto");
		assertThat(properties.get("rseq.registration").path("defaultValue").asString()).isEqualTo("auto");
		assertThat(properties.get("rseq.sharding").path("defaultValue").asString()).isEqualTo("cpu");
		assertThat(properties.get("management.endpoint.rseq.access").path("defaultValue").asString())
			.isEqualTo("read_only");
	}

	@Test
	void everyChoiceIsAllowedAndDescribed() throws IOException {
		assertDescribed("rseq.binding", BindingChoice.values());
		assertDescribed("rseq.registration", RegistrationChoice.values());
		assertDescribed("rseq.sharding", Sharding.values());
	}

	private static void assertDescribed(String property, Enum<?>[] choices) throws IOException {
		assertThat(named("hints").get(property).path("values")).hasSize(choices.length)
			.allSatisfy((value) -> assertThat(value.path("description").asString()).endsWith("."))
			.extracting((value) -> value.path("value").asString())
			.containsExactlyInAnyOrderElementsOf(Arrays.stream(choices)
				.map((choice) -> choice.name().toLowerCase(Locale.ROOT).replace('_', '-'))
				.toList());
	}

	private static Map<String, JsonNode> named(String section) throws IOException {
		String resource = "META-INF/spring-configuration-metadata.json";
		Map<String, JsonNode> nodes = new LinkedHashMap<>();
		for (var url : Collections.list(ConfigurationMetadataTests.class.getClassLoader().getResources(resource))) {
			// Neither Boot's own nor that of the properties that tests define.
			if (url.toString().contains("spring-boot/") || url.toString().contains("springframework")
					|| url.toString().contains("test-classes")) {
				continue;
			}
			try (InputStream json = url.openStream()) {
				for (JsonNode node : new JsonMapper().readTree(json).path(section)) {
					nodes.put(node.path("name").asString(), node);
				}
			}
		}
		return nodes;
	}

}
