package io.github.rseq.autoconfigure;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * Tests for {@link RseqUnboundPropertyFailureAnalyzer}.
 */
@ExtendWith(OutputCaptureExtension.class)
class RseqUnboundPropertyFailureAnalyzerTests {

	@ParameterizedTest
	@ValueSource(strings = { "rseq.enable", "rseq.native-library.pth" })
	void failedStartTellsTheKeyItsOriginAndTheKeysThereAre(String key, CapturedOutput output) {
		assertThatException().isThrownBy(() -> run(RseqConfiguration.class, key));
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("There is no property '" + key + "' (origin: \"" + key
					+ "\" from property source \"commandLineArgs\").")
			.contains("Use one of: rseq.enabled, rseq.required, rseq.binding, rseq.registration, "
					+ "rseq.sharding, rseq.native-library.path, rseq.native-library.directory, or remove it.");
	}

	@Test
	void failedStartTellsOfEveryUnknownKey(CapturedOutput output) {
		assertThatException().isThrownBy(() -> run(RseqConfiguration.class, "rseq.enable", "rseq.bindng"));
		assertThat(output).contains("There is no property 'rseq.enable'")
			.contains("There is no property 'rseq.bindng'");
	}

	@ParameterizedTest
	@ValueSource(strings = { "rseq.enabled", "rseq.required", "rseq.binding", "rseq.registration", "rseq.sharding" })
	void failedStartTellsOfAnEmptyValue(String key, CapturedOutput output) {
		assertThatException()
			.isThrownBy(() -> new SpringApplicationBuilder(RseqConfiguration.class).web(WebApplicationType.NONE)
				.run("--" + key + "="));
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("The property '" + key + "' (origin: \"" + key
					+ "\" from property source \"commandLineArgs\") has no value.")
			.contains("Give it a value, or remove it.");
	}

	@Test
	void unknownKeyOfOthersIsLeftToBoot(CapturedOutput output) {
		assertThatException().isThrownBy(() -> run(OtherConfiguration.class, "other.nme"));
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("other.nme")
			.doesNotContain("There is no property");
	}

	private static void run(Class<?> configuration, String... keys) {
		String[] args = new String[keys.length];
		for (int i = 0; i < keys.length; i++) {
			args[i] = "--" + keys[i] + "=true";
		}
		new SpringApplicationBuilder(configuration).web(WebApplicationType.NONE).run(args);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableConfigurationProperties(RseqProperties.class)
	static class RseqConfiguration {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableConfigurationProperties(OtherProperties.class)
	static class OtherConfiguration {

	}

	@ConfigurationProperties(prefix = "other", ignoreUnknownFields = false)
	record OtherProperties(String name) {

	}

}
