package io.github.rseq.containers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import com.github.dockerjava.api.exception.NotFoundException;
import org.testcontainers.DockerClientFactory;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * A row of {@code images.tsv}, where the columns are explained.
 */
record Image(String name, String libc, int java, String registration, String source) {

	private static final String SUITE = "debian:";

	static List<Image> all() {
		try {
			return Files.readAllLines(Path.of("images.tsv"))
				.stream()
				.filter((line) -> !line.startsWith("#"))
				.map(Image::of)
				.toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	static Image named(String name) {
		return all().stream().filter((image) -> image.name().equals(name)).findFirst().orElseThrow();
	}

	private static Image of(String line) {
		String[] columns = line.split("\t");
		return new Image(columns[0], columns[1], Integer.parseInt(columns[2]), columns[3], columns[4]);
	}

	/**
	 * The image's name on the engine.
	 */
	String reference() {
		return isSuite() ? "rseq-test/" + this.source.substring(SUITE.length()) : this.source;
	}

	/**
	 * The program that starts the row's JDK.
	 */
	String program() {
		String architecture = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
		return isSuite() ? "/usr/lib/jvm/java-" + this.java + "-openjdk-" + architecture + "/bin/java" : "java";
	}

	/**
	 * Skip the test, with the reason, where there is no engine or it lacks the image.
	 */
	void assumePresent() {
		assumeTrue(System.getProperty("os.name").equals("Linux"), "Host networking, as used here, is Linux's");
		assumeTrue(DockerClientFactory.instance().isDockerAvailable(), "No Docker engine can be reached");
		assumeTrue(isPresent(), () -> "The Docker engine has no image %s: container-tests/images.sh%s brings it"
			.formatted(reference(), isSuite() ? "" : " --pull"));
	}

	private boolean isPresent() {
		try {
			DockerClientFactory.lazyClient().inspectImageCmd(reference()).exec();
			return true;
		}
		catch (NotFoundException ex) {
			return false;
		}
	}

	private boolean isSuite() {
		return this.source.startsWith(SUITE);
	}

	@Override
	public String toString() {
		return this.name;
	}

}
