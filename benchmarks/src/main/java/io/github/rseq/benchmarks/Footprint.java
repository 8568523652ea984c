package io.github.rseq.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How much memory this JVM holds.
 *
 * @param heap the bytes of the heap that a full collection leaves, which has in it what
 * the measured objects themselves do not point to, such as the arena's references to them
 * @param cells what the kernel says is resident of the cells' mapping, in bytes
 */
record Footprint(long heap, long cells) {

	/**
	 * After so many collections in a row that freed nothing, nothing is left to free.
	 */
	private static final int COLLECTIONS = 4;

	/**
	 * Time for the threads that clear up after a collection.
	 */
	private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(50);

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
		long lowest = Long.MAX_VALUE;
		int inVain = 0;
		while (inVain < COLLECTIONS) {
			System.gc();
			LockSupport.parkNanos(PAUSE);
			long used = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
			inVain = (used < lowest - tolerance) ? 0 : inVain + 1;
			lowest = Math.min(lowest, used);
		}
		return lowest;
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
