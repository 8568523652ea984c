package io.github.rseq;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;

import io.github.rseq.binding.BindingHandles;
import io.github.rseq.binding.ForeignCalls;
import io.github.rseq.binding.JnaCalls;
import io.github.rseq.binding.JniCalls;
import io.github.rseq.binding.Recording;
import io.github.rseq.control.Arena;
import io.github.rseq.control.DamagedLibrary;
import io.github.rseq.control.LibraryLoader;
import io.github.rseq.control.NativeLibrary;

/**
 * Adds from 8 threads for each CPU while everything that can come between a section and
 * its commit does: other threads on the same CPU, moves to other CPUs, signals,
 * safepoints, the switch. Runs in a JVM of its own, whose threads it may treat badly.
 * <p>
 * Arguments: the binding; {@code public} for the adders, {@code recorders} for recorders,
 * or a library's file to go below them, where no self-test refuses it, after
 * {@code lines:} to go below recorders; {@code platform} or {@code virtual} threads, or
 * {@code short-lived} ones, each of which is followed by another one; milliseconds; and
 * below the adders {@code true} to take away the rows of all CPUs.
 */
final class StressMain {

	private static final int THREADS_PER_CPU = 8;

	private static final int LONGER = 20;

	private static final int ADDS_OF_A_SHORT_LIFE = 3000;

	static final NativeLibrary.Mode MODE = TestMode.current().forLibrary();

	static volatile boolean stopped;

	private static volatile long flips;

	private final Linux linux = new Linux();

	private final AtomicLong operations = new AtomicLong();

	private final AtomicLong signals = new AtomicLong();

	private final AtomicLong moves = new AtomicLong();

	private final AtomicLong ended = new AtomicLong();

	private StressMain() {
	}

	public static void main(String[] args) throws Throwable {
		new StressMain().run(Binding.valueOf(args[0]), args[1], args[2], Long.parseLong(args[3]),
				args.length > 4 && Boolean.parseBoolean(args[4]));
	}

	private void run(Binding binding, String library, String threads, long millis, boolean noRows) throws Throwable {
		StressTarget target;
		if (library.equals("public") || library.equals("recorders")) {
			RseqStatus status = Rseq.configure(TestMode.current().options().withBinding(binding));
			ChildJvm.print("reason", status.availability().reason());
			target = library.equals("public") ? new Adders() : new RecorderStress.Recorders();
		}
		else if (library.startsWith("lines:")) {
			Path file = Path.of(library.substring("lines:".length()));
			target = new RecorderStress.Lines(library(file), handles(binding, file));
		}
		else {
			target = new Slots(library(Path.of(library)), handles(binding, Path.of(library)),
					!noRows && !library.contains("disarmed"), noRows);
		}
		this.linux.handleSignal();
		List<Thread> disturbers = new ArrayList<>(List.of(new Thread(this::move), new Thread(this::signal),
				new Thread(this::stopTheWorld), new Thread(target::flip)));
		target.companions().forEach((companion) -> disturbers.add(new Thread(companion)));
		List<Thread> workers = workers(threads, target);
		workers.forEach(Thread::start);
		disturbers.forEach(Thread::start);
		Thread.sleep(millis);
		// A machine that is busy with other work may disturb too little in that time.
		for (int i = 0; i < LONGER && !(isDisturbed(threads) && target.isDisturbed()); i++) {
			Thread.sleep(millis);
		}
		stopped = true;
		for (Thread worker : workers) {
			worker.join();
		}
		for (Thread disturber : disturbers) {
			disturber.join();
		}
		ChildJvm.print("operations", this.operations);
		ChildJvm.print("signals", this.signals);
		ChildJvm.print("moves", this.moves);
		ChildJvm.print("ended", this.ended);
		target.print();
	}

	private static NativeLibrary library(Path file) throws Exception {
		return LibraryLoader.load(file, null, "any");
	}

	private static BindingHandles handles(Binding binding, Path file) throws Exception {
		return switch (binding) {
			case FOREIGN -> ForeignCalls.bind(library(file), MODE);
			case JNI -> JniCalls.bind(file, library(file).start(0, MODE), MODE);
			case JNA, NONE -> JnaCalls.bind(file, MODE);
		};
	}

	private boolean isDisturbed(String threads) {
		return this.moves.get() > 1000 && this.signals.get() > 1000
				&& (!threads.equals("short-lived") || this.ended.get() > 200);
	}

	private List<Thread> workers(String kind, StressTarget target) throws Throwable {
		int count = THREADS_PER_CPU * Runtime.getRuntime().availableProcessors();
		ThreadFactory factory = kind.equals("virtual") ? virtualThreads() : Thread::new;
		List<Thread> workers = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			workers.add(factory.newThread(kind.equals("short-lived") ? () -> workInTurns(target) : () -> work(target)));
		}
		return workers;
	}

	private static ThreadFactory virtualThreads() throws Throwable {
		Class<?> builderType = Class.forName("java.lang.Thread$Builder$OfVirtual");
		Object builder = MethodHandles.publicLookup()
			.findStatic(Thread.class, "ofVirtual", MethodType.methodType(builderType))
			.invoke();
		return (ThreadFactory) MethodHandles.publicLookup()
			.findVirtual(builderType, "factory", MethodType.methodType(ThreadFactory.class))
			.invoke(builder);
	}

	private void work(StressTarget target) {
		long done = 0;
		while (!stopped) {
			for (int i = 0; i < 100; i++) {
				target.add();
			}
			done += 100;
			if (done % 10_000 == 0) {
				// So that the disturbers get at it. A virtual thread's carrier changes
				// when it
				// yields.
				this.linux.beNice();
				Thread.yield();
			}
		}
		this.operations.addAndGet(done);
	}

	/*
	 * One thread after the other, so that storage of a thread that has ended is another
	 * one's soon.
	 */
	private void workInTurns(StressTarget target) {
		while (!stopped) {
			Thread thread = new Thread(() -> {
				for (int i = 0; i < ADDS_OF_A_SHORT_LIFE; i++) {
					target.add();
				}
			});
			thread.start();
			try {
				thread.join();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
			this.operations.addAndGet(ADDS_OF_A_SHORT_LIFE);
			this.ended.incrementAndGet();
		}
	}

	private void move() {
		Random random = new Random(1);
		long[] all = this.linux.affinity(0);
		int[] cpus = Linux.cpusOf(all);
		while (!stopped) {
			for (int tid : Linux.threads()) {
				if (this.linux.affinity(tid, Linux.maskOf(cpus[random.nextInt(cpus.length)]))) {
					this.moves.incrementAndGet();
				}
			}
			pause();
		}
	}

	private void signal() {
		int[] tids = Linux.threads();
		for (long round = 0; !stopped; round++) {
			if (round % 100 == 0) {
				tids = Linux.threads();
			}
			for (int tid : tids) {
				this.linux.signal(tid);
				this.signals.incrementAndGet();
			}
			pause();
		}
	}

	private void stopTheWorld() {
		while (!stopped) {
			Thread.getAllStackTraces();
			pause();
		}
	}

	/**
	 * Turns the switch off and on, until it is stopped.
	 */
	static void flipTheSwitch() {
		while (!stopped) {
			Rseq.setEnabled(flips % 2 == 1);
			flips++;
			// Now and then long enough for much to go either way.
			for (long spins = (flips % 16) * 2000; spins > 0 && !stopped; spins--) {
				Thread.onSpinWait();
			}
		}
		Rseq.setEnabled(true);
		ChildJvm.print("flips", flips);
	}

	private static void pause() {
		java.util.concurrent.locks.LockSupport.parkNanos(200_000);
	}

	/**
	 * The public adders, while the switch is flipped.
	 */
	private static final class Adders implements StressTarget {

		private final PerCpuLongAdder longs = new PerCpuLongAdder();

		private final PerCpuDoubleAdder doubles = new PerCpuDoubleAdder();

		@Override
		public void add() {
			this.longs.increment();
			this.doubles.add(1);
		}

		@Override
		public boolean isDisturbed() {
			return flips > 20;
		}

		@Override
		public void flip() {
			flipTheSwitch();
		}

		@Override
		public void print() {
			RseqStatus.Aborts aborts = Rseq.status().aborts();
			ChildJvm.print("longs", this.longs.sum());
			ChildJvm.print("doubles", (long) this.doubles.sum());
			ChildJvm.print("fallback", this.longs.fallback());
			ChildJvm.print("aborts", aborts.total());
			ChildJvm.print("migrated", aborts.migrated());
			ChildJvm.print("gaveUp", aborts.fallback());
		}

	}

	/**
	 * Two slots of a library of which nobody has asked whether it works.
	 */
	private static final class Slots implements StressTarget {

		private final NativeLibrary library;

		private final int cpus;

		private final long longs;

		private final long doubles;

		private final boolean abortable;

		Slots(NativeLibrary library, BindingHandles handles, boolean abortable, boolean noRows) throws Exception {
			this.library = library;
			this.cpus = library.start(0, MODE);
			if (this.cpus < 1) {
				throw new IllegalStateException("The library does not start: " + this.cpus);
			}
			this.abortable = abortable;
			Arena arena = new Arena(library, this.cpus);
			this.longs = arena.allocate(this, Long.BYTES);
			this.doubles = arena.allocate(this, Long.BYTES);
			Recording.install(handles);
			if (noRows) {
				DamagedLibrary.takeAwayAllRows(this.library);
			}
		}

		@Override
		public void add() {
			Recording.addLong(this.longs, 1);
			Recording.addDouble(this.doubles, 1);
		}

		@Override
		public void flip() {
			// There is no switch down here.
		}

		@Override
		public boolean isDisturbed() {
			long[] totals = totals();
			return !this.abortable || (totals[0] > 0 && totals[0] + totals[1] + totals[2] > 20);
		}

		private long[] totals() {
			long[] statistics = this.library.statistics(this.cpus);
			long[] totals = new long[4];
			for (int i = 0; i < statistics.length; i++) {
				totals[i % 4] += statistics[i];
			}
			return totals;
		}

		@Override
		public void print() {
			long[] totals = totals();
			ChildJvm.print("longs", Recording.sumLong(this.longs));
			ChildJvm.print("doubles", (long) Recording.sumDouble(this.doubles));
			ChildJvm.print("fallback", this.library.read(this.longs, this.cpus)[this.cpus]);
			ChildJvm.print("aborts", totals[0] + totals[1] + totals[2]);
			ChildJvm.print("migrated", totals[0]);
			ChildJvm.print("gaveUp", totals[3]);
		}

	}

}
