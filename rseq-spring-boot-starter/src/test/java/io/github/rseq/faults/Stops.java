package io.github.rseq.faults;

import java.io.IOException;
import java.util.Random;

/**
 * Stops a process and lets it go on.
 */
final class Stops implements Outside {

	private final Random random = new Random(1);

	private final String pid;

	Stops(long pid) {
		this.pid = Long.toString(pid);
	}

	@Override
	public boolean happen() throws IOException, InterruptedException {
		boolean happened = Outside.run("kill", "-STOP", this.pid) == 0;
		Thread.sleep(this.random.nextInt(5));
		close();
		Thread.sleep(this.random.nextInt(20));
		return happened;
	}

	@Override
	public void close() throws IOException, InterruptedException {
		Outside.run("kill", "-CONT", this.pid);
	}

}
