package io.github.rseq.autoconfigure;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

import io.github.rseq.Binding;
import io.github.rseq.Registration;
import io.github.rseq.RseqOptions;
import io.github.rseq.Sharding;
import io.github.rseq.autoconfigure.RseqProperties.BindingChoice;
import io.github.rseq.autoconfigure.RseqProperties.RegistrationChoice;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link RseqProperties}.
 */
@ExtendWith(OutputCaptureExtension.class)
class RseqPropertiesTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withUserConfiguration(PropertiesConfiguration.class);

	@Test
	void defaultsAreTheDefaultsOfTheRuntime() {
		this.contextRunner.run((context) -> {
			RseqProperties properties = context.getBean(RseqProperties.class);
			assertThat(properties.toOptions()).isEqualTo(RseqOptions.DEFAULTS);
			assertThat(properties.required()).isFalse();
		});
	}

	@ParameterizedTest
	@EnumSource(Binding.class)
	void everyBindingCanBeChosen(Binding binding) {
		this.contextRunner.withPropertyValues("rseq.binding=" + binding.name().toLowerCase(Locale.ROOT))
			.run((context) -> assertThat(context.getBean(RseqProperties.class).toOptions().binding())
				.isEqualTo(binding));
	}

	@ParameterizedTest
	@ValueSource(strings = { "auto", "AUTO", "Auto" })
	void autoLeavesTheChoiceToTheRuntime(String value) {
		this.contextRunner.withPropertyValues("rseq.binding=" + value)
			.run((context) -> assertThat(context.getBean(RseqProperties.class).toOptions().binding()).isNull());
	}

	@ParameterizedTest
	@CsvSource({ "auto,", "libc, LIBC", "self, SELF", "off, NONE", "OFF, NONE", "false, NONE" })
	void registrationIsHandedOn(String value, @Nullable Registration registration) {
		this.contextRunner.withPropertyValues("rseq.registration=" + value)
			.run((context) -> assertThat(context.getBean(RseqProperties.class).toOptions().registration())
				.isEqualTo(registration));
	}

	@ParameterizedTest
	@CsvSource({ "cpu, CPU", "mm-cid, MM_CID", "mm_cid, MM_CID", "MM_CID, MM_CID", "mmcid, MM_CID" })
	void shardingIsHandedOn(String value, Sharding sharding) {
		this.contextRunner.withPropertyValues("rseq.sharding=" + value)
			.run((context) -> assertThat(context.getBean(RseqProperties.class).toOptions().sharding())
				.isEqualTo(sharding));
	}

	@Test
	void pathsAreHandedOnAsAbsolutePaths() {
		this.contextRunner
			.withPropertyValues("rseq.native-library.path=lib.so", "rseq.native-library.directory=/var/cache/rseq")
			.run((context) -> {
				RseqOptions options = context.getBean(RseqProperties.class).toOptions();
				assertThat(options.library()).isEqualTo(Path.of("lib.so").toAbsolutePath());
				assertThat(options.directory()).isEqualTo(Path.of("/var/cache/rseq"));
			});
	}

	@ParameterizedTest
	@ValueSource(strings = { "rseq.native-library.path", "rseq.native-library.directory" })
	void pathThatCannotBeOneNamesTheProperty(String property) {
		this.contextRunner.withPropertyValues(property + "=/tmp/\0/rseq")
			.run((context) -> assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class)
				.isThrownBy(() -> context.getBean(RseqProperties.class).toOptions())
				.withMessageContaining(property));
	}

	@Test
	void emptyPathsAreNoPaths() {
		this.contextRunner.withPropertyValues("rseq.native-library.path=", "rseq.native-library.directory=")
			.run((context) -> assertThat(context.getBean(RseqProperties.class).toOptions())
				.isEqualTo(RseqOptions.DEFAULTS));
	}

	@Test
	void unknownBindingFailsTheStartAndNamesTheAllowedValues(CapturedOutput output) {
		assertThatException().isThrownBy(() -> run("--rseq.binding=foo"));
		assertThat(output).contains("APPLICATION FAILED TO START").contains("rseq.binding").contains("foo");
		for (BindingChoice choice : BindingChoice.values()) {
			assertThat(output).contains(choice.name());
		}
	}

	@Test
	void unknownRegistrationFailsTheStartAndNamesTheAllowedValues(CapturedOutput output) {
		assertThatException().isThrownBy(() -> run("--rseq.registration=foo"));
		assertThat(output).contains("APPLICATION FAILED TO START").contains("rseq.registration").contains("foo");
		for (RegistrationChoice choice : RegistrationChoice.values()) {
			assertThat(output).contains(choice.name());
		}
	}

	@Test
	void unknownShardingFailsTheStartAndNamesTheAllowedValues(CapturedOutput output) {
		assertThatException().isThrownBy(() -> run("--rseq.sharding=foo"));
		assertThat(output).contains("APPLICATION FAILED TO START").contains("rseq.sharding").contains("foo");
		for (Sharding sharding : Sharding.values()) {
			assertThat(output).contains(sharding.name());
		}
	}

	@ParameterizedTest
	@CsvSource({ "rseq.enabled,maybe", "rseq.required,maybe" })
	void valueOfAnotherTypeFailsTheStartAndNamesTheProperty(String property, String value, CapturedOutput output) {
		assertThatException().isThrownBy(() -> run("--" + property + "=" + value));
		assertThat(output).contains("APPLICATION FAILED TO START").contains(property).contains(value);
	}

	@ParameterizedTest
	@ValueSource(strings = { "rseq.bindng", "rseq.native-library.pth", "rseq.native-libary.path" })
	void unknownKeyFailsTheStartAndNamesTheKey(String key, CapturedOutput output) {
		assertThatException().isThrownBy(() -> run("--" + key + "=jni"));
		assertThat(output).contains("APPLICATION FAILED TO START").contains(key);
	}

	@Test
	void environmentVariablesBind() {
		try (ConfigurableApplicationContext context = runWithEnvironment(
				Map.of("RSEQ_ENABLED", "false", "RSEQ_NATIVELIBRARY_DIRECTORY", "/var/cache/rseq"))) {
			RseqOptions options = context.getBean(RseqProperties.class).toOptions();
			assertThat(options.enabled()).isFalse();
			assertThat(options.directory()).isEqualTo(Path.of("/var/cache/rseq"));
		}
	}

	@Test
	void emptyEnvironmentVariablesAreNone() {
		try (ConfigurableApplicationContext context = runWithEnvironment(Map.of("RSEQ_ENABLED", "", "RSEQ_REQUIRED", "",
				"RSEQ_BINDING", "", "RSEQ_REGISTRATION", "", "RSEQ_SHARDING", "", "RSEQ_NATIVELIBRARY_PATH", ""))) {
			RseqProperties properties = context.getBean(RseqProperties.class);
			assertThat(properties.toOptions()).isEqualTo(RseqOptions.DEFAULTS);
			assertThat(properties.required()).isFalse();
		}
	}

	@Test
	void environmentVariablesOfOthersAreIgnored() {
		try (ConfigurableApplicationContext context = runWithEnvironment(
				Map.of("RSEQ_HOME", "/opt/rseq", "RSEQ_BINDNG", "jni", "RSEQ", "1"))) {
			assertThat(context.getBean(RseqProperties.class).toOptions()).isEqualTo(RseqOptions.DEFAULTS);
		}
	}

	private static ConfigurableApplicationContext run(String... args) {
		return application().run(args);
	}

	private static ConfigurableApplicationContext runWithEnvironment(Map<String, Object> variables) {
		StandardEnvironment environment = new StandardEnvironment();
		String name = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;
		environment.getPropertySources().replace(name, new SystemEnvironmentPropertySource(name, variables));
		return application().environment(environment).run();
	}

	private static SpringApplicationBuilder application() {
		return new SpringApplicationBuilder(PropertiesConfiguration.class).web(WebApplicationType.NONE)
			.bannerMode(Banner.Mode.OFF);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableConfigurationProperties(RseqProperties.class)
	static class PropertiesConfiguration {

	}

}
