package io.github.rseq.benchmarks;

import java.io.IOException;
import java.io.Writer;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.github.rseq.PerCpuDoubleAdder;
import io.github.rseq.PerCpuLongAdder;
import io.github.rseq.Rseq;

/**
 * What {@value #ADDERS} adders take, before and after threads have collided on them:
 * {@code memory.properties}.
 * <p>
 * The adders of the JDK make their cells when threads collide, and how often that happens
 * is chance: on a machine of many CPUs more, on one CPU never.
 */
final class MemoryMeasurement {

	static final int ADDERS = 10_000;

	private static final int TIMES = 20_000;

	private static final int TOLERANCE = ADDERS / 10;

	/**
	 * Bytes of a compressed reference.
	 */
	private static final int REFERENCE = 4;

	private MemoryMeasurement() {
	}

	public static void main(String[] args) throws IOException {
		Mode.ON.apply();
		Properties memory = new Properties();
		// Loads what is needed, so that none of it counts as an adder's.
		Object warmup = measure(new Properties(), "warmup", LongAdder::new, LongAdder::increment);
		new PerCpuLongAdder().increment();
		// Kept, as the cells of adders that are gone are used again, and are resident
		// already.
		Object[] kept = { measure(memory, "longAdder", LongAdder::new, LongAdder::increment),
				measure(memory, "doubleAdder", DoubleAdder::new, (adder) -> adder.add(0.5)),
				measure(memory, "perCpuLongAdder", PerCpuLongAdder::new, PerCpuLongAdder::increment),
				measure(memory, "perCpuDoubleAdder", PerCpuDoubleAdder::new, (adder) -> adder.add(0.5)) };
		Reference.reachabilityFence(kept);
		Reference.reachabilityFence(warmup);
		memory.setProperty("threads", Integer.toString(threads()));
		memory.setProperty("cpus", Integer.toString(Rseq.status().cpus().possible()));
		try (Writer writer = Files.newBufferedWriter(Path.of(args[0]).resolve("memory.properties"))) {
			memory.store(writer, null);
		}
	}

	private static <T> List<T> measure(Properties memory, String name, Supplier<T> constructor, Consumer<T> add)
			throws IOException {
		Footprint before = Footprint.now(TOLERANCE);
		List<T> adders = new ArrayList<>(ADDERS);
		for (int i = 0; i < ADDERS; i++) {
			adders.add(constructor.get());
		}
		put(memory, name + ".new", before);
		contend(adders, add);
		put(memory, name + ".contended", before);
		return adders;
	}

	private static void put(Properties memory, String name, Footprint before) throws IOException {
		Footprint taken = Footprint.now(TOLERANCE).since(before);
		// The list's own reference is no part of the adder.
		memory.setProperty(name + ".heap", Double.toString(taken.heap() / (double) ADDERS - REFERENCE));
		memory.setProperty(name + ".cells", Double.toString(taken.cells() / (double) ADDERS));
	}

	/*
	 * Every adder gets all threads at the same time.
	 */
	private static <T> void contend(List<T> adders, Consumer<T> add) {
		int threads = threads();
		AtomicInteger arrived = new AtomicInteger();
		Thread[] all = new Thread[threads];
		for (int t = 0; t < threads; t++) {
			all[t] = new Thread(() -> {
				int expected = 0;
				for (T adder : adders) {
					expected += threads;
					arrived.incrementAndGet();
					await(arrived, expected);
					for (int i = 0; i < TIMES; i++) {
						add.accept(adder);
					}
				}
			});
			all[t].start();
		}
		for (Thread thread : all) {
			join(thread);
		}
	}

	private static int threads() {
		return Math.max(2, Runtime.getRuntime().availableProcessors());
	}

	/*
	 * A thread that is parked takes longer to wake up than the others to be done.
	 */
	private static void await(AtomicInteger arrived, int expected) {
		for (int spins = 0; arrived.get() < expected; spins++) {
			if (spins % 1024 == 1023) {
				Thread.yield();
			}
			Thread.onSpinWait();
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
