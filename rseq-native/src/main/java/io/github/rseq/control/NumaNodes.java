package io.github.rseq.control;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which NUMA node each CPU belongs to. Nothing is decided by it: a page of a CPU's row
 * lands on that CPU's node of itself, since that CPU is the first to write it.
 */
public final class NumaNodes {

	private static final Path DIRECTORY = Path.of("/sys/devices/system/node");

	private static final Pattern NODE = Pattern.compile("node(\\d{1,9})");

	private NumaNodes() {
	}

	/**
	 * Reads the nodes.
	 * @param cpus the number of rows for CPUs
	 * @return the node of each CPU below {@code cpus} that is online; empty where the
	 * kernel has no NUMA or the directory is masked, as in some containers
	 */
	public static SortedMap<Integer, Integer> read(int cpus) {
		return read(DIRECTORY, cpus);
	}

	static SortedMap<Integer, Integer> read(Path directory, int cpus) {
		SortedMap<Integer, Integer> nodes = new TreeMap<>();
		try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "node*")) {
			for (Path entry : entries) {
				Matcher matcher = NODE.matcher(entry.getFileName().toString());
				if (matcher.matches()) {
					put(nodes, entry.resolve("cpulist"), Integer.parseInt(matcher.group(1)), cpus);
				}
			}
		}
		catch (IOException | DirectoryIteratorException | SecurityException ex) {
			// masked; what was read until then is true
		}
		return Collections.unmodifiableSortedMap(nodes);
	}

	private static void put(SortedMap<Integer, Integer> nodes, Path file, int node, int cpus) {
		try {
			for (CpuList.Range range : CpuList.parse(Files.readString(file)).ranges()) {
				for (int cpu = range.first(); cpu <= Math.min(range.last(), cpus - 1); cpu++) {
					nodes.put(cpu, node);
				}
			}
		}
		catch (IOException | IllegalArgumentException | SecurityException ex) {
			// A node of memory only has an empty list.
		}
	}

}
