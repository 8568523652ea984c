package io.github.rseq;

import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/**
 * What {@link LoaderChurnMain} loads again and again: an application that keeps what it
 * records to in static fields, as applications do, and records with several threads.
 */
public final class ReloadedApplication implements Function<String, String> {

	private static final int THREADS = 2;

	private static final int ROUNDS = 5_000;

	private static final int VALUE = 3;

	private static final List<PerCpuLongAdder> adders = new ArrayList<>();

	private static final PerCpuDoubleAdder doubles;

	private static final PerCpuLongRecorder recorder;

	private static final PerCpuLongArray array;

	private static String stray = "";

	static {
		String binding = System.getProperty("churn.binding");
		RseqStatus status = Rseq.configure(RseqOptions.DEFAULTS.withBinding(Binding.valueOf(binding)));
		if (status.state() != RseqState.ACTIVE) {
			throw new IllegalStateException(status.toString());
		}
		for (int i = 0; i < 100; i++) {
			adders.add(new PerCpuLongAdder());
		}
		doubles = new PerCpuDoubleAdder();
		recorder = new PerCpuLongRecorder(1);
		array = new PerCpuLongArray(16);
	}

	/**
	 * Records and compares, or makes a mistake.
	 * @param what {@code record}, or the name of a mistake
	 * @return what was wrong, nothing at best
	 */
	@Override
	public String apply(String what) {
		try {
			switch (what) {
				case "record" -> record();
				case "mapAnInterface" -> mapAnInterface();
				case "leaveALibraryOpen" -> LeftOpen.library = NativeLibrary.getProcess();
				case "cleaner" -> Cleaner.create().register(adders.get(0), () -> stray = "");
				case "thread" -> leaveAThread();
				default -> throw new IllegalArgumentException(what);
			}
			return stray;
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void record() throws InterruptedException {
		if (adders.stream().anyMatch((adder) -> adder.sum() != 0) || doubles.sum() != 0 || recorder.read(0).count() != 0
				|| Arrays.stream(array.sums()).anyMatch((sum) -> sum != 0)) {
			stray += "not zero at first; ";
		}
		Thread[] threads = new Thread[THREADS];
		for (int i = 0; i < THREADS; i++) {
			threads[i] = new Thread(ReloadedApplication::recordInThisThread);
			threads[i].start();
		}
		for (Thread thread : threads) {
			thread.join();
		}
		long expected = (long) THREADS * ROUNDS;
		long sum = adders.stream().mapToLong(PerCpuLongAdder::sum).sum();
		PerCpuRecorder.Reading reading = recorder.read(0);
		if (sum != expected || doubles.sum() != 0.5 * expected || reading.count() != expected
				|| reading.total() != (double) VALUE * expected || array.sums()[7] != expected) {
			stray += "not exact: " + sum + ", " + doubles + ", " + reading + ", " + array.sums()[7] + "; ";
		}
		if (adders.get(0).fallback() != 0 || recorder.countPerCpu().length == 0) {
			stray += "not per CPU; ";
		}
	}

	private static void recordInThisThread() {
		for (int i = 0; i < ROUNDS; i++) {
			adders.get(i % adders.size()).increment();
			doubles.add(0.5);
			recorder.record(VALUE, 0);
			array.add(7, 1);
		}
	}

	private static void mapAnInterface() {
		Native.load(null, Mapped.class);
	}

	private static void leaveAThread() {
		Thread thread = new Thread(() -> {
			while (true) {
				LockSupport.park();
			}
		}, "left behind");
		thread.setDaemon(true);
		thread.start();
	}

	interface Mapped extends Library {

		int getpid();

	}

	static final class LeftOpen {

		static NativeLibrary library;

	}

}
