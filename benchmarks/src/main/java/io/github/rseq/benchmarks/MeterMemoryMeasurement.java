package io.github.rseq.benchmarks;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.github.rseq.Rseq;
import io.github.rseq.micrometer.RseqPrometheusMeterRegistry;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;

/**
 * What a meter of one kind takes in a registry, its name and tags included: after 1,000
 * meters, and after 10,000 of the same registry. Each has recorded by as many threads at
 * the same time as there are CPUs. Adds to {@code memory.properties}. Another kind is for
 * another JVM, since cells are used again.
 */
final class MeterMemoryMeasurement {

	static final List<Integer> METERS = List.of(1_000, 10_000);

	private static final int RECORDS = 100;

	private static final int TOLERANCE = 1_000;

	private MeterMemoryMeasurement() {
	}

	public static void main(String[] args) throws IOException {
		Path file = Path.of(args[0]).resolve("memory.properties");
		MeterKind kind = MeterKind.valueOf(args[1]);
		boolean ours = args[2].equals("ours");
		Properties memory = new Properties();
		if (Files.exists(file)) {
			try (Reader reader = Files.newBufferedReader(file)) {
				memory.load(reader);
			}
		}
		measure(memory, kind, ours);
		memory.setProperty("cpus", Integer.toString(Rseq.status().cpus().possible()));
		try (Writer writer = Files.newBufferedWriter(file)) {
			memory.store(writer, null);
		}
	}

	private static void measure(Properties memory, MeterKind kind, boolean ours) throws IOException {
		MeterRegistry registry = registry(ours);
		// Loads what is needed, and compiles some of it, so that none of it counts.
		MeterRegistry warmup = registry(ours);
		add(warmup, kind, 0, 200);
		Footprint before = Footprint.now(TOLERANCE);
		int meters = 0;
		for (int next : METERS) {
			add(registry, kind, meters, next);
			meters = next;
			Footprint taken = Footprint.now(TOLERANCE).since(before);
			String key = key(kind, ours, next);
			memory.setProperty(key + ".heap", Double.toString(taken.heap() / (double) next));
			memory.setProperty(key + ".cells", Double.toString(taken.cells() / (double) next));
		}
		Reference.reachabilityFence(registry);
		Reference.reachabilityFence(warmup);
	}

	static String key(MeterKind kind, boolean ours, int meters) {
		return kind + (ours ? ".ours." : ".stock.") + meters;
	}

	private static MeterRegistry registry(boolean ours) {
		if (!ours) {
			return new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
		}
		Mode.ON.apply();
		return new RseqPrometheusMeterRegistry(PrometheusConfig.DEFAULT);
	}

	private static void add(MeterRegistry registry, MeterKind kind, int from, int to) {
		List<Consumer<Latencies>> records = new ArrayList<>();
		for (int i = from; i < to; i++) {
			records.add(record(registry, kind, "/" + i));
		}
		Thread[] threads = new Thread[Runtime.getRuntime().availableProcessors()];
		for (int i = 0; i < threads.length; i++) {
			threads[i] = new Thread(() -> {
				Latencies latencies = new Latencies();
				records.forEach((record) -> repeat(record, latencies));
			});
			threads[i].start();
		}
		for (Thread thread : threads) {
			join(thread);
		}
	}

	private static Consumer<Latencies> record(MeterRegistry registry, MeterKind kind, String uri) {
		switch (kind) {
			case COUNTER -> {
				Counter counter = kind.counter(registry, "meter", uri);
				return (latencies) -> counter.increment();
			}
			case SUMMARY -> {
				DistributionSummary summary = kind.summary(registry, "meter", uri);
				return (latencies) -> summary.record(latencies.micros());
			}
			default -> {
				Timer timer = kind.timer(registry, "meter", uri);
				return (latencies) -> timer.record(latencies.nanos(), TimeUnit.NANOSECONDS);
			}
		}
	}

	private static void repeat(Consumer<Latencies> record, Latencies latencies) {
		for (int i = 0; i < RECORDS; i++) {
			record.accept(latencies);
		}
	}

	private static void join(Thread thread) {
		try {
			thread.join();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
