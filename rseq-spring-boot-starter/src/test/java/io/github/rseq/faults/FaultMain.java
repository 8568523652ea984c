package io.github.rseq.faults;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;

/**
 * Records in every kind of meter while a fault happens, first with the sections of the
 * jar, then with long ones, then with long ones that are disarmed, and prints what it
 * counted. Runs in a JVM of its own.
 * <p>
 * Arguments: the fault; the directory of the test libraries; milliseconds for each.
 */
final class FaultMain {

	private static final int THREADS_PER_CPU = 8;

	/** A short run's milliseconds are below that. */
	private static final long LONG = 5_000;

	/** A machine that is busy with other work may disturb too little at first. */
	private static final int LONGER = 120;

	private static final int VIRTUAL_THREADS = 1_000_000;

	private static final int VIRTUAL_THREADS_AT_ONCE = 1_000;

	/** To see aborts or losses, each longer than the one before. */
	private static final int ATTEMPTS = 15;

	private final Kernel kernel = new Kernel();

	private final Fault fault;

	private final Path directory;

	private final long millis;

	private volatile boolean stopped;

	private volatile long happened;

	private volatile @Nullable Throwable failure;

	private FaultMain(Fault fault, Path directory, long millis) {
		this.fault = fault;
		this.directory = directory;
		this.millis = millis;
	}

	public static void main(String[] args) throws Throwable {
		FaultMain main = new FaultMain(Fault.valueOf(args[0]), Path.of(args[1]), Long.parseLong(args[2]));
		print("ready", true);
		main.runExactly(Sections.SHIPPED, 1);
		for (int i = 1; i <= ATTEMPTS && main.runExactly(Sections.DELAYED, i).aborts == 0; i++) {
			print("again", Sections.DELAYED);
		}
		for (int i = 1; i <= ATTEMPTS && main.run(Sections.DISARMED, i).lost == 0; i++) {
			print("again", Sections.DISARMED);
		}
	}

	private static void print(String name, Object value) {
		System.out.println("> " + name + "=" + value);
	}

	/*
	 * An attempt that is followed by another one must be right, too.
	 */
	private Outcome runExactly(Sections sections, int attempt) throws Throwable {
		Outcome outcome = run(sections, attempt);
		if (!outcome.wrong.isEmpty()) {
			throw new IllegalStateException(sections + ", attempt " + attempt + ": " + outcome.wrong);
		}
		return outcome;
	}

	private Outcome run(Sections sections, int attempt) throws Throwable {
		Sections.Installed installed = sections.install(this.directory, this.fault.binding());
		long aborts = installed.aborts();
		RecordedMeters meters = new RecordedMeters();
		Disturber disturber = this.fault.disturber(new Fault.Disturbed(installed, this.millis >= LONG));
		this.stopped = false;
		this.happened = 0;
		Thread disturbing = (disturber != null) ? new Thread(() -> disturb(disturber)) : null;
		if (disturbing != null) {
			disturbing.start();
		}
		long rounds = (this.fault == Fault.VIRTUAL_THREADS) ? recordInVirtualThreads(meters, sections)
				: record(meters, sections, disturber, attempt * this.millis);
		this.stopped = true;
		if (disturber != null && disturbing != null) {
			disturbing.join();
			disturber.close();
		}
		Throwable failure = this.failure;
		if (failure != null) {
			throw failure;
		}
		RecordedMeters.Comparison comparison = meters.compare(rounds);
		print(sections + ".binding", installed.binding());
		print(sections + ".happened", this.happened);
		print(sections + ".records", rounds * RecordedMeters.VALUES * meters.targets());
		aborts = installed.aborts() - aborts;
		print(sections + ".aborts", aborts);
		print(sections + ".lost", comparison.lost());
		print(sections + ".kinds", comparison.kinds().size());
		print(sections + ".wrong", String.join("; ", comparison.wrong()));
		meters.close();
		return new Outcome(aborts, comparison.lost(), List.copyOf(comparison.wrong()));
	}

	private void disturb(Disturber disturber) {
		try {
			while (!this.stopped) {
				this.happened = disturber.disturb();
			}
		}
		catch (Throwable ex) {
			this.failure = ex;
		}
	}

	/*
	 * Until the time is over and enough has happened: with the shipped sections what the
	 * fault demands, with the others, whose control needs no more, once.
	 */
	private long record(RecordedMeters meters, Sections sections, @Nullable Disturber disturber, long millis)
			throws Exception {
		AtomicLong rounds = new AtomicLong();
		List<Thread> workers = new ArrayList<>();
		for (int i = 0; i < THREADS_PER_CPU * Runtime.getRuntime().availableProcessors(); i++) {
			workers.add(new Thread(() -> rounds.addAndGet(work(meters))));
		}
		workers.forEach(Thread::start);
		long enough = (disturber == null) ? 0 : (sections == Sections.SHIPPED) ? disturber.enough() : 1;
		Thread.sleep(millis);
		for (int i = 0; i < LONGER && this.happened < enough && this.failure == null; i++) {
			Thread.sleep(500);
		}
		this.stopped = true;
		for (Thread worker : workers) {
			worker.join();
		}
		return rounds.get();
	}

	private long work(RecordedMeters meters) {
		this.kernel.beNice();
		long done = 0;
		try {
			while (!this.stopped) {
				for (int value = 1; value <= RecordedMeters.VALUES; value++) {
					meters.record(value);
				}
				done++;
			}
		}
		catch (Throwable ex) {
			this.failure = ex;
		}
		return done;
	}

	/*
	 * Each records once in each meter, and may go on on another carrier in the middle.
	 */
	private long recordInVirtualThreads(RecordedMeters meters, Sections sections) throws Throwable {
		int threads = (sections == Sections.SHIPPED) ? VIRTUAL_THREADS : VIRTUAL_THREADS / 10;
		ThreadFactory factory = virtualThreads();
		Semaphore permits = new Semaphore(VIRTUAL_THREADS_AT_ONCE);
		for (int i = 0; i < threads; i++) {
			int value = 1 + i % RecordedMeters.VALUES;
			permits.acquire();
			factory.newThread(() -> {
				meters.record(value, Thread::yield);
				permits.release();
			}).start();
		}
		permits.acquire(VIRTUAL_THREADS_AT_ONCE);
		this.happened = threads;
		return threads / RecordedMeters.VALUES;
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

	private record Outcome(long aborts, long lost, List<String> wrong) {
	}

}
