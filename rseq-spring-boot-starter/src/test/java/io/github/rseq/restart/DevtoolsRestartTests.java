package io.github.rseq.restart;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

import io.github.rseq.ChildJvm;
import io.github.rseq.Rseq;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.devtools.restart.Restarter;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Devtools restart an application with the starter. They restart what lies in
 * directories, which in this build the starter does, too; where it comes as a jar, as it
 * does elsewhere, it stays.
 */
@Tag("slow")
class DevtoolsRestartTests {

	private static final int RESTARTS = 3;

	@TempDir
	Path directory;

	@BeforeEach
	void assumeRseq() {
		assumeTrue(Rseq.isAvailable(), () -> "rseq can't be had: " + Rseq.status().availability());
	}

	private Properties run(boolean restartsStarter, String... options) throws Exception {
		Path settings = Files.createDirectories(this.directory.resolve("settings/META-INF"));
		Files.writeString(settings.resolve("spring-devtools.properties"), restartsStarter ? ""
				: "restart.exclude.rseq=/(rseq-native|rseq-spring-boot-starter)/target/classes/\n");
		return new ChildJvm(RestartedApplication.class).classPathWith(settings.getParent())
			.options(ChildJvm.COLLECTED)
			.options("-Drestarts=" + RESTARTS)
			.options(options)
			.arguments("--server.port=0", "--management.endpoints.web.exposure.include=rseq",
					"--server.address=127.0.0.1", "--spring.devtools.livereload.enabled=false",
					// It restarts itself, and not when a class file changes.
					"--spring.devtools.restart.exclude=**", "--logging.level.root=warn")
			.timeout(360)
			.run();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void nothingIsLeftOfARestartedApplication(boolean restartsStarter) throws Exception {
		Properties result = run(restartsStarter);
		assertThat(result).as(result.getProperty("output")).containsEntry("exit", "0");
		for (int i = 0; i <= RESTARTS; i++) {
			assertThat(result).as(result.getProperty("output"))
				.containsEntry("restarted." + i, "true")
				.containsEntry("starter.restarted." + i, Boolean.toString(restartsStarter))
				.containsEntry("endpoint." + i, "true")
				.containsEntry("lost." + i, "0");
		}
		assertThat(result).as(result.getProperty("output")).containsEntry("alive", "0").containsEntry("tickers", "1");
	}

	@Test
	void anApplicationThatLeavesAThreadIsSeen() throws Exception {
		Properties result = run(true, "-Drestart.leak=true", "-Drestart.patience=5");
		assertThat(result).as(result.getProperty("output")).containsEntry("alive", Integer.toString(RESTARTS - 1));
	}

	@Test
	void devtoolsLeaveOtherTestsAlone() {
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Empty.class)
			.web(WebApplicationType.NONE)
			.run()) {
			assertThat(context.getEnvironment().getPropertySources().contains("devtools")).isFalse();
			assertThat(context.getClassLoader()).isSameAs(getClass().getClassLoader());
			assertThat(Restarter.getInstance().getInitialUrls()).isNull();
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class Empty {

	}

}
