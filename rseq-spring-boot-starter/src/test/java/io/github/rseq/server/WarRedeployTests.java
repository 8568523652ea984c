package io.github.rseq.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.github.rseq.ChildJvm;
import io.github.rseq.Rseq;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Tomcat deploys an application that has everything in its {@code WEB-INF/lib}: Spring,
 * the starter and JNA.
 */
@Tag("slow")
class WarRedeployTests {

	// The application's own, and none that it does not need. Of this project there are
	// class directories, or from the phase 'package' on jars.
	private static final Pattern LIBRARIES = Pattern.compile("(rseq-native|jna|jspecify|HdrHistogram|spring-"
			+ "(core|beans|aop|context|expression|web|webmvc)|spring-boot(-actuator|-autoconfigure|-actuator-autoconfigure"
			+ "|-health|-micrometer-metrics|-micrometer-observation|-web-server|-servlet|-webmvc|-http-converter"
			+ "|-jackson)?|micrometer-(core|commons|observation|jakarta9|registry-prometheus)|prometheus-metrics-.*"
			+ "|jackson-.*|logback-.*|slf4j-api|jul-to-slf4j|log4j-.*|commons-logging|snakeyaml)-[0-9].*[.]jar");

	@TempDir
	Path directory;

	@BeforeEach
	void assumeRseq() {
		assumeTrue(Rseq.isAvailable(), () -> "rseq can't be had: " + Rseq.status().availability());
	}

	private Properties run(String patience, Object... arguments) throws Exception {
		Path server = this.directory.resolve("server");
		Path application = this.directory.resolve("application");
		Path classes = application.resolve("WEB-INF/classes");
		Path tests = Path.of("target/test-classes");
		copy(tests, "io/github/rseq/server", server);
		copy(tests, "io/github/rseq/war", classes);
		Files.writeString(classes.resolve("application.properties"), """
				management.endpoints.web.exposure.include=rseq
				spring.main.banner-mode=off
				logging.level.root=warn
				""");
		List<String> libraries = new ArrayList<>(List.of(server.toString()));
		Path lib = Files.createDirectories(application.resolve("WEB-INF/lib"));
		for (Path entry : Stream.of(System.getProperty("java.class.path").split(":")).map(Path::of).toList()) {
			String name = entry.getFileName().toString();
			if (name.matches("(tomcat-embed-|jakarta.annotation-api).*")) {
				libraries.add(entry.toString());
			}
			else if (entry.endsWith("target/classes")) {
				copy(entry, "", classes);
			}
			else if (LIBRARIES.matcher(name).matches() && !name.endsWith("-tests.jar")) {
				Files.copy(entry, lib.resolve(name));
			}
		}
		return new ChildJvm(Server.class).classPath(libraries)
			.options(ChildJvm.COLLECTED)
			.options("-Dserver.patience=" + patience,
					// One library is all that Tomcat needs to look into.
					"-Dtomcat.util.scan.StandardJarScanFilter.jarsToSkip=*.jar",
					"-Dtomcat.util.scan.StandardJarScanFilter.jarsToScan=spring-web-*.jar",
					"--add-opens=java.base/java.lang=ALL-UNNAMED", "--add-opens=java.base/java.io=ALL-UNNAMED",
					"--add-opens=java.base/java.util=ALL-UNNAMED",
					"--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
					"--add-opens=java.rmi/sun.rmi.transport=ALL-UNNAMED")
			.arguments(application, Files.createDirectory(this.directory.resolve("work")))
			.arguments(arguments)
			.timeout(360)
			.run();
	}

	private static void copy(Path from, String what, Path to) throws IOException {
		try (Stream<Path> files = Files.walk(from.resolve(what))) {
			for (Path file : files.filter(Files::isRegularFile).toList()) {
				Path target = to.resolve(from.relativize(file).toString());
				Files.createDirectories(target.getParent());
				Files.copy(file, target);
			}
		}
	}

	@Test
	void undeployingLeavesNothing() throws Exception {
		Properties result = run("90", 2, "/record", "/actuator/rseq");
		assertThat(result).as(result.getProperty("output")).containsEntry("exit", "0");
		for (int i = 0; i < 2; i++) {
			assertThat(result).as(result.getProperty("output")).containsEntry(i + "/record", "0");
			assertThat(result.getProperty(i + "/actuator/rseq")).contains("\"state\":\"ACTIVE\"",
					"\"timer\":{\"perCpu\":");
		}
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("complaints", "[]")
			.containsEntry("alive", "0");
	}

	@Test
	void anApplicationThatLeavesAThreadAndAThreadLocalIsSeen() throws Exception {
		Properties result = run("5", 1, "/leak");
		assertThat(result).as(result.getProperty("output")).containsEntry("alive", "1");
		assertThat(result.getProperty("complaints")).contains("left behind", "ThreadLocal");
	}

}
