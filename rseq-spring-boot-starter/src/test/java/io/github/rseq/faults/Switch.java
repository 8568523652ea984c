package io.github.rseq.faults;

import io.github.rseq.Rseq;

/**
 * Turns the switch.
 */
final class Switch implements Disturber {

	private long turns;

	@Override
	public long disturb() {
		Rseq.setEnabled(this.turns % 2 == 1);
		// Now and then long enough for much to go either way.
		for (long spins = (this.turns % 16) * 2000; spins > 0; spins--) {
			Thread.onSpinWait();
		}
		return ++this.turns;
	}

	@Override
	public void close() {
		Rseq.setEnabled(true);
	}

}
