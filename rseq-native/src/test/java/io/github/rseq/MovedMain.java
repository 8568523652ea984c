package io.github.rseq;

import java.util.Random;
import java.util.StringJoiner;

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
		if (!first.available()) {
			return;
		}
		Linux linux = new Linux();
		long[] all = linux.affinity(0);
		Thread mover = new Thread(() -> move(linux, all, pause));
		mover.start();
		int available = 0;
		StringJoiner refusals = new StringJoiner("; ");
		for (int i = 0; i < probes; i++) {
			Availability availability = Rseq.probe().availability();
			if (availability.available()) {
				available++;
			}
			else {
				refusals.add(availability.reason() + ": " + availability.detail());
			}
		}
		stopped = true;
		mover.join();
		ChildJvm.print("available", available);
		ChildJvm.print("refusals", refusals);
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
		catch (InterruptedException | RuntimeException ex) {
			ChildJvm.print("mover", ex);
		}
	}

}
