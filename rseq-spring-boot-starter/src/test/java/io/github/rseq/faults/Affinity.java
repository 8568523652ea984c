package io.github.rseq.faults;

import java.io.IOException;
import java.util.List;
import java.util.Random;

/**
 * Moves all threads of a process to one CPU, and to another.
 */
final class Affinity implements Outside {

	private final Random random = new Random(1);

	private final List<Integer> cpus = Outside.cpus();

	private final String pid;

	Affinity(long pid) {
		this.pid = Long.toString(pid);
	}

	@Override
	public boolean happen() throws IOException, InterruptedException {
		return move(Integer.toString(this.cpus.get(this.random.nextInt(this.cpus.size()))));
	}

	private boolean move(String cpus) throws IOException, InterruptedException {
		return Outside.run("taskset", "-acp", cpus, this.pid) == 0;
	}

	@Override
	public void close() throws IOException, InterruptedException {
		move(Outside.join(this.cpus));
	}

}
