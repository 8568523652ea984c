package io.github.rseq.faults;

import java.util.concurrent.locks.LockSupport;

/**
 * Stops all threads.
 */
final class Safepoints implements Disturber {

	private long happened;

	@Override
	public long disturb() {
		if (this.happened % 20 == 0) {
			System.gc();
		}
		else {
			Thread.getAllStackTraces();
		}
		LockSupport.parkNanos(100_000);
		return ++this.happened;
	}

}
