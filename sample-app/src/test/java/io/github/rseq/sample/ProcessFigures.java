package io.github.rseq.sample;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the kernel tells of a process.
 *
 * @param residentKib its resident memory
 * @param descriptors how many it has open
 * @param mappings how many it has
 * @param threads how many it has
 */
record ProcessFigures(long residentKib, long descriptors, long mappings, long threads) {

	static ProcessFigures of(long pid) throws IOException {
		Path process = Path.of("/proc", Long.toString(pid));
		return new ProcessFigures(status(process, "VmRSS"), entries(process.resolve("fd")),
				Files.readAllLines(process.resolve("maps")).size(), status(process, "Threads"));
	}

	private static long status(Path process, String name) throws IOException {
		for (String line : Files.readAllLines(process.resolve("status"))) {
			if (line.startsWith(name + ":")) {
				return Long.parseLong(line.replaceAll("\\D", ""));
			}
		}
		throw new IOException("No " + name + " in " + process);
	}

	private static long entries(Path directory) throws IOException {
		long entries = 0;
		try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
			for (Path file : files) {
				entries++;
			}
		}
		return entries;
	}

}
