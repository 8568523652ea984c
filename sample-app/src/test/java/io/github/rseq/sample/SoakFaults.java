package io.github.rseq.sample;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What comes between the records of a running sample, from outside: moves of all its
 * threads to other CPUs, stops, thread dumps, collections of its garbage, and the switch.
 */
final class SoakFaults implements AutoCloseable {

	private final Sample sample;

	private final String pid;

	private final List<Thread> threads = new ArrayList<>();

	private volatile boolean stopped;

	final AtomicLong moves = new AtomicLong();

	final AtomicLong stops = new AtomicLong();

	final AtomicLong dumps = new AtomicLong();

	final AtomicLong collections = new AtomicLong();

	final AtomicLong flips = new AtomicLong();

	SoakFaults(Sample sample) {
		this.sample = sample;
		this.pid = Long.toString(sample.pid());
		Random random = new Random(1);
		List<String> cpus = cpus();
		start("moves", 50, () -> count(this.moves, "taskset", "-acp", cpus.get(random.nextInt(cpus.size())), this.pid));
		start("stops", 100, () -> {
			count(this.stops, "kill", "-STOP", this.pid);
			Thread.sleep(1 + random.nextInt(20));
			run("kill", "-CONT", this.pid);
		});
		String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
		start("dumps", 5_000, () -> count(this.dumps, jcmd, this.pid, "Thread.print"));
		start("collections", 10_000, () -> count(this.collections, jcmd, this.pid, "GC.run"));
		start("flips", 50, this::flip);
	}

	/*
	 * Each CPU that may be used alone, and all of them.
	 */
	private static List<String> cpus() {
		try {
			for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
				if (line.startsWith("Cpus_allowed_list:")) {
					String all = line.substring(line.indexOf(':') + 1).strip();
					List<String> cpus = new ArrayList<>(List.of(all));
					for (String range : all.split(",")) {
						String[] ends = range.split("-");
						for (int cpu = Integer.parseInt(ends[0]); cpu <= Integer
							.parseInt(ends[ends.length - 1]); cpu++) {
							cpus.add(Integer.toString(cpu));
						}
					}
					return cpus;
				}
			}
		}
		catch (IOException ex) {
			throw new java.io.UncheckedIOException(ex);
		}
		throw new IllegalStateException("/proc/self/status has no Cpus_allowed_list");
	}

	private void flip() throws IOException, InterruptedException {
		boolean enabled = this.flips.get() % 2 == 1;
		int status = this.sample.post("/actuator/rseq", "{\"enabled\":" + enabled + "}").statusCode();
		if (status != 204) {
			throw new IOException("The switch answered " + status);
		}
		this.flips.incrementAndGet();
	}

	private void start(String name, long pauseMillis, Fault fault) {
		Thread thread = new Thread(() -> {
			try {
				while (!this.stopped) {
					fault.happen();
					for (long slept = 0; slept < pauseMillis && !this.stopped; slept += 50) {
						Thread.sleep(Math.min(50, pauseMillis));
					}
				}
			}
			catch (IOException ex) {
				throw new java.io.UncheckedIOException(ex);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}, "soak-" + name);
		thread.setDaemon(true);
		thread.start();
		this.threads.add(thread);
	}

	private static void count(AtomicLong counter, String... command) throws IOException, InterruptedException {
		if (run(command) == 0) {
			counter.incrementAndGet();
		}
	}

	private static int run(String... command) throws IOException, InterruptedException {
		return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(Redirect.DISCARD).start().waitFor();
	}

	/**
	 * Ends them, with the sample running on all CPUs and switched on.
	 */
	@Override
	public void close() throws Exception {
		this.stopped = true;
		for (Thread thread : this.threads) {
			thread.join();
		}
		run("kill", "-CONT", this.pid);
		run("taskset", "-acp", cpus().get(0), this.pid);
		if (this.flips.get() % 2 == 1) {
			flip();
		}
	}

	@Override
	public String toString() {
		return "%,d moves of all threads, %,d stops, %,d thread dumps, %,d collections, %,d turns of the switch"
			.formatted(this.moves.get(), this.stops.get(), this.dumps.get(), this.collections.get(), this.flips.get());
	}

	/**
	 * What happens again and again.
	 */
	private interface Fault {

		void happen() throws IOException, InterruptedException;

	}

}
