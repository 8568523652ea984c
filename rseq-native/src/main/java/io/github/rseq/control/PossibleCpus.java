package io.github.rseq.control;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many rows a segment needs: one more than the highest number a CPU of this machine
 * can ever have. Neither the CPUs that are online nor those this process may use tell
 * that: a container on CPUs 62 and 63 needs 64 rows.
 */
final class PossibleCpus {

	private static final Path DIRECTORY = Path.of("/sys/devices/system/cpu");

	private static final Pattern RANGE = Pattern.compile("(?:\\d{1,9}-)?(\\d{1,9})(?::\\d+/\\d+)?");

	private PossibleCpus() {
	}

	/**
	 * Reads the number.
	 * @return the number of rows, at least 1
	 */
	static int count() {
		return count(DIRECTORY, Runtime.getRuntime().availableProcessors());
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
			count = parse(Files.readString(directory.resolve("possible")));
		}
		catch (IOException | IllegalArgumentException | SecurityException ex) {
			count = countDirectories(directory);
		}
		return Math.max(count, atLeast);
	}

	/**
	 * The highest number in a list such as {@code 0-3,8-11}, plus 1.
	 * @param list the kernel's list format
	 * @return the number of rows
	 * @throws IllegalArgumentException where it is no such list
	 */
	static int parse(String list) {
		int highest = -1;
		for (String range : list.strip().split(",", -1)) {
			Matcher matcher = RANGE.matcher(range);
			if (!matcher.matches()) {
				throw new IllegalArgumentException("'" + list + "' is no list of CPUs");
			}
			highest = Math.max(highest, Integer.parseInt(matcher.group(1)));
		}
		return highest + 1;
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
		catch (IOException | SecurityException ex) {
			// masked, as in some sandboxes: the caller knows a lower bound
		}
		return count;
	}

}
