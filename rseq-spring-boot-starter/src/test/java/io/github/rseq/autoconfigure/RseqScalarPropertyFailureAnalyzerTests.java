package io.github.rseq.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import io.github.rseq.Rseq;
import io.github.rseq.testsupport.RestoreRseq;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * Tests for {@link RseqScalarPropertyException} and
 * {@link RseqScalarPropertyFailureAnalyzer}.
 */
@ExtendWith({ OutputCaptureExtension.class, RestoreRseq.class })
class RseqScalarPropertyFailureAnalyzerTests {

	@TempDir
	Path directory;

	@ParameterizedTest
	@ValueSource(strings = { "false", "true", "off", "0" })
	void valueWhereAMapIsExpectedFailsTheStartAndTellsHowToSwitchOff(String value, CapturedOutput output) {
		assertThatException().isThrownBy(() -> start("rseq: " + value + "\n"));
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("The property 'rseq' has the value '")
			.contains("application.yml")
			.contains("1:7")
			.contains("set rseq.enabled=false");
	}

	@Test
	void valueOnTheCommandLineFailsTheStart(CapturedOutput output) {
		assertThatException().isThrownBy(() -> application().run("--rseq=false"));
		assertThat(output).contains("The property 'rseq' has the value 'false'").contains("set rseq.enabled=false");
	}

	@Test
	void valueBesideAMapFailsTheStart(CapturedOutput output) {
		assertThatException().isThrownBy(() -> start("rseq: false\nrseq.enabled: true\n"));
		assertThat(output).contains("set rseq.enabled=false");
	}

	@Test
	void listWhereAMapIsExpectedFailsTheStart(CapturedOutput output) {
		assertThatException().isThrownBy(() -> start("rseq: [ false ]\n"));
		assertThat(output).contains("APPLICATION FAILED TO START").contains("rseq[0]");
	}

	@ParameterizedTest
	@ValueSource(strings = { "rseq:\n", "rseq: {}\n", "rseq: ''\n", "rseq: null\n", "rseq: []\n",
			"rseq:\n#  enabled: false\n" })
	void nothingWhereAMapIsExpectedIsNothing(String yaml) throws IOException {
		try (ConfigurableApplicationContext context = start(yaml)) {
			assertThat(context.getBean(RseqProperties.class).enabled()).isTrue();
		}
	}

	@Test
	void mapSwitchesOff() throws IOException {
		try (ConfigurableApplicationContext context = start("rseq:\n  enabled: false\n")) {
			assertThat(context.isActive()).isTrue();
			assertThat(Rseq.isEnabled()).isFalse();
		}
	}

	@Test
	void environmentVariableOfOthersIsIgnored() {
		StandardEnvironment environment = new StandardEnvironment();
		String name = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;
		environment.getPropertySources()
			.replace(name, new SystemEnvironmentPropertySource(name, Map.of("RSEQ", "false")));
		try (ConfigurableApplicationContext context = application().environment(environment).run()) {
			assertThat(context.getBean(RseqProperties.class).enabled()).isTrue();
		}
	}

	private ConfigurableApplicationContext start(String yaml) throws IOException {
		Path file = Files.writeString(this.directory.resolve("application.yml"), yaml);
		return application().run("--spring.config.location=file:" + file);
	}

	private static SpringApplicationBuilder application() {
		return new SpringApplicationBuilder(RseqConfiguration.class).web(WebApplicationType.NONE)
			.bannerMode(Banner.Mode.OFF);
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration(RseqAutoConfiguration.class)
	static class RseqConfiguration {

	}

}
