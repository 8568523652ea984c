package io.github.rseq.faults;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;

/**
 * Fills the heap, of which 4 MiB are alive at a time, and counts its collections.
 */
final class Garbage implements Disturber {

	private final byte[][] alive = new byte[256][];

	private int next;

	@Override
	public long disturb() {
		for (int i = 0; i < 1000; i++) {
			this.alive[this.next++ % this.alive.length] = new byte[16 * 1024];
		}
		return ManagementFactory.getGarbageCollectorMXBeans()
			.stream()
			.mapToLong(GarbageCollectorMXBean::getCollectionCount)
			.sum();
	}

}
