package io.github.rseq.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

import com.sun.jna.NativeLibrary;

import io.github.rseq.PerCpuLongAdder;
import io.github.rseq.PerCpuLongRecorder;
import io.github.rseq.Rseq;
import io.github.rseq.RseqOptions;
import io.github.rseq.RseqState;
import io.github.rseq.RseqStatus;
import io.github.rseq.Sharding;

/**
 * Rows by CPU beside rows by concurrency id: how much memory one thread touches that is
 * moved over all CPUs, and what an add and a record cost. The sharding of a process is
 * decided once, so each has JVMs of its own, in turns. Prints a Markdown table.
 */
public final class ShardingMeasurement {

	private static final int ROUNDS = 5;

	private static final int COUNTERS = 10_000;

	private static final int OPERATIONS = 20_000_000;

	// Kept until the end, so that no cell is used twice.
	private static final List<PerCpuLongAdder> counters = new ArrayList<>();

	private ShardingMeasurement() {
	}

	public static void main(String[] args) throws Exception {
		if (args.length == 1) {
			measure(Sharding.valueOf(args[0]));
			return;
		}
		List<List<double[]>> results = List.of(new ArrayList<>(), new ArrayList<>());
		for (int round = 0; round < ROUNDS; round++) {
			for (Sharding sharding : Sharding.values()) {
				results.get(sharding.ordinal()).add(child(sharding));
			}
		}
		System.out
			.println("| rows by | resident, one thread on all CPUs, 10,000 counters | ns per add | ns per record |");
		System.out.println("|---|---:|---:|---:|");
		for (Sharding sharding : Sharding.values()) {
			List<double[]> rounds = results.get(sharding.ordinal());
			System.out.printf(Locale.ROOT, "| %s | %.0f KiB | %.2f | %.2f |%n",
					(sharding == Sharding.CPU) ? "CPU" : "concurrency id", median(rounds, 0) / 1024, median(rounds, 1),
					median(rounds, 2));
		}
	}

	private static double median(List<double[]> rounds, int column) {
		return rounds.stream()
			.mapToDouble((round) -> round[column])
			.sorted()
			.skip(rounds.size() / 2)
			.findFirst()
			.orElseThrow();
	}

	private static double[] child(Sharding sharding) throws IOException, InterruptedException {
		List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
		command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
		command.addAll(List.of("-cp", System.getProperty("java.class.path"), ShardingMeasurement.class.getName(),
				sharding.name()));
		Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
		String line = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
		if (process.waitFor() != 0) {
			throw new IllegalStateException(line);
		}
		return Stream.of(line.split(" ")).mapToDouble(Double::parseDouble).toArray();
	}

	private static void measure(Sharding sharding) throws IOException {
		RseqStatus status = Rseq.configure(RseqOptions.DEFAULTS.withSharding(sharding));
		if (status.state() != RseqState.ACTIVE || status.sharding() != sharding) {
			throw new IllegalStateException("Not to be had here: " + status.availability());
		}
		for (int i = 0; i < COUNTERS; i++) {
			counters.add(new PerCpuLongAdder());
		}
		long before = Footprint.now(1 << 20).cells();
		int cpus = Runtime.getRuntime().availableProcessors();
		for (int cpu = 0; cpu < cpus; cpu++) {
			runOn(1L << cpu);
			counters.forEach(PerCpuLongAdder::increment);
		}
		runOn((1L << cpus) - 1);
		long cells = Footprint.now(1 << 20).cells() - before;
		PerCpuLongAdder adder = counters.get(0);
		PerCpuLongRecorder recorder = new PerCpuLongRecorder(3);
		double add = 0;
		double record = 0;
		// The last time, when everything is compiled.
		for (int i = 0; i < 4; i++) {
			add = nanos(() -> {
				for (int n = 0; n < OPERATIONS; n++) {
					adder.increment();
				}
			});
			record = nanos(() -> {
				for (int n = 0; n < OPERATIONS; n++) {
					recorder.record(n, 0);
				}
			});
		}
		System.out.println(cells + " " + add + " " + record);
	}

	private static double nanos(Runnable operations) {
		ThreadMXBean threads = ManagementFactory.getThreadMXBean();
		long begin = threads.getCurrentThreadCpuTime();
		operations.run();
		return (double) (threads.getCurrentThreadCpuTime() - begin) / OPERATIONS;
	}

	/*
	 * Moves the calling thread.
	 */
	private static void runOn(long cpus) {
		byte[] mask = ByteBuffer.allocate(128).order(ByteOrder.nativeOrder()).putLong(cpus).array();
		int result = NativeLibrary.getInstance("c")
			.getFunction("sched_setaffinity")
			.invokeInt(new Object[] { 0, mask.length, mask });
		if (result != 0) {
			throw new IllegalStateException("This thread can't be moved to the CPUs " + Long.toBinaryString(cpus));
		}
	}

}
