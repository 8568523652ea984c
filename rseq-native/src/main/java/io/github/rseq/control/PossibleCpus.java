package io.github.rseq.control;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * How many rows a segment needs: one more than the highest number a CPU of this machine
 * can ever have. Neither the CPUs that are online nor those this process may use tell
 * that: a container on CPUs 62 and 63 needs 64 rows.
 */
final class PossibleCpus {

	private static final Path DIRECTORY = Path.of("/sys/devices/system/cpu");

	private static final Path STATUS = Path.of("/proc/self/status");

	private static final String ALLOWED = "Cpus_allowed_list:";

	private PossibleCpus() {
	}

	/**
	 * Reads the number.
	 * @return the number of rows, at least 1
	 */
	static int count() {
		return Math.max(count(DIRECTORY, Runtime.getRuntime().availableProcessors()), countAllowed(STATUS));
	}

	/**
	 * Reads the number.
	 * @param directory the directory that the kernel shows CPUs in
	 * @param atLeast what is known otherwise
	 * @return the number of rows, at least {@code atLeast}. Where it is too small,
	 * sections on higher CPUs go to the fallback row.
	 */
	static int count(Path directory, int atLeast) {
		int count = 0;
		try {
			count = CpuList.parse(Files.readString(directory.resolve("possible"))).highest() + 1;
		}
		catch (IOException | IllegalArgumentException | SecurityException ex) {
			count = countDirectories(directory);
		}
		return Math.max(count, atLeast);
	}

	/*
	 * The process may run on these CPUs, so there are at least as many: all there is to
	 * know where a container on CPUs 62 and 63 shows no /sys.
	 */
	static int countAllowed(Path status) {
		try (Stream<String> lines = Files.lines(status)) {
			return lines.filter((line) -> line.startsWith(ALLOWED))
				.mapToInt((line) -> CpuList.parse(line.substring(ALLOWED.length())).highest() + 1)
				.max()
				.orElse(0);
		}
		catch (IOException | UncheckedIOException | IllegalArgumentException | SecurityException ex) {
			return 0;
		}
	}

	private static int countDirectories(Path directory) {
		int count = 0;
		try (DirectoryStream<Path> cpus = Files.newDirectoryStream(directory, "cpu[0-9]*")) {
			for (Path cpu : cpus) {
				String number = cpu.getFileName().toString().substring("cpu".length());
				if (number.chars().allMatch(Character::isDigit) && number.length() < 6) {
					count = Math.max(count, Integer.parseInt(number) + 1);
				}
			}
		}
		catch (IOException | DirectoryIteratorException | SecurityException ex) {
			// masked, as in some sandboxes: the caller knows a lower bound
		}
		return count;
	}

}
