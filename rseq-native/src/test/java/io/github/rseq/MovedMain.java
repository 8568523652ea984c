package io.github.rseq;

import java.util.Random;

import io.github.rseq.RseqStatus.Availability;

/**
 * Probes again and again while all threads are moved to other CPUs, those of the
 * self-test too. Arguments: how often, and milliseconds between two moves.
 */
final class MovedMain {

	private static volatile boolean stopped;

	private static volatile long moves;

	private MovedMain() {
	}

	public static void main(String[] args) throws Exception {
		int probes = Integer.parseInt(args[0]);
		long pause = Long.parseLong(args[1]);
		Availability first = Rseq.configure(TestMode.current().options()).availability();
		ChildJvm.print("first", first);
		ChildJvm.print("available", first.available());
		Linux linux = new Linux();
		long[] all = linux.affinity(0);
		Thread mover = new Thread(() -> move(linux, all, pause));
		mover.start();
		int refused = 0;
		for (int i = 0; i < probes; i++) {
			Availability availability = Rseq.probe().availability();
			if (!availability.available()) {
				refused++;
				ChildJvm.print("refusal", availability);
			}
		}
		stopped = true;
		mover.join();
		ChildJvm.print("refused", refused);
		ChildJvm.print("moves", moves);
	}

	private static void move(Linux linux, long[] all, long pause) {
		Random random = new Random(1);
		int[] cpus = Linux.cpusOf(all);
		try {
			while (!stopped) {
				long[] mask = Linux.maskOf(cpus[random.nextInt(cpus.length)]);
				for (int tid : Linux.threads()) {
					moves += linux.affinity(tid, mask) ? 1 : 0;
				}
				Thread.sleep(pause);
			}
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
