package io.github.rseq.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How much memory this JVM holds.
 *
 * @param heap the bytes of the heap that a full collection leaves, which has in it what
 * the measured objects themselves do not point to, such as the cleaner's list
 * @param cells what the kernel says is resident of the cells' mapping, in bytes
 */
record Footprint(long heap, long cells) {

	/**
	 * Measures it.
	 * @param tolerance the heap's change between two collections that does not matter, in
	 * bytes
	 * @return the footprint
	 * @throws IOException if the kernel does not tell
	 */
	static Footprint now(int tolerance) throws IOException {
		return new Footprint(heapNow(tolerance), cellsNow());
	}

	Footprint since(Footprint before) {
		return new Footprint(this.heap - before.heap, this.cells - before.cells);
	}

	private static long heapNow(int tolerance) {
		// Until it stays: what a cleaner held dies only one collection later.
		long before;
		long used = Long.MAX_VALUE;
		do {
			before = used;
			System.gc();
			used = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
		}
		while (used < before - tolerance);
		return used;
	}

	/*
	 * Resident bytes of the arena's mappings. Not every kernel keeps their name, but no
	 * other mapping of a JVM is both without a reservation and without huge pages.
	 */
	private static long cellsNow() throws IOException {
		long bytes = 0;
		long resident = 0;
		for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
			if (line.startsWith("Rss:")) {
				resident = 1024 * Long.parseLong(line.replaceAll("\\D", ""));
			}
			else if (line.startsWith("VmFlags:") && line.contains(" nr") && line.contains(" nh")) {
				bytes += resident;
			}
		}
		return bytes;
	}

}
