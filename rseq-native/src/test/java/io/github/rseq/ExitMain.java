package io.github.rseq;

import java.util.concurrent.CountDownLatch;

/**
 * Ends the JVM while daemon threads record, and a shutdown hook too. Arguments: how, and
 * the binding.
 */
final class ExitMain {

	private static final int THREADS = 4;

	private static final PerCpuLongAdder adder = new PerCpuLongAdder();

	private static final PerCpuDoubleAdder doubles = new PerCpuDoubleAdder();

	private static final PerCpuLongRecorder recorder = new PerCpuLongRecorder(1);

	private ExitMain() {
	}

	public static void main(String[] args) throws Exception {
		Binding binding = Binding.valueOf(args[1]);
		ChildJvm.print("state", Rseq.configure(RseqOptions.DEFAULTS.withBinding(binding)).state());
		CountDownLatch recording = new CountDownLatch(THREADS);
		for (int i = 0; i < THREADS; i++) {
			Thread thread = new Thread(() -> record(recording));
			thread.setDaemon(true);
			thread.start();
		}
		recording.await();
		Runtime.getRuntime().addShutdownHook(new Thread(ExitMain::recordAtTheEnd));
		switch (args[0]) {
			case "exit" -> System.exit(7);
			case "halt" -> Runtime.getRuntime().halt(7);
			case "uncaught" -> throw new IllegalStateException("thrown on purpose");
			case "return" -> ChildJvm.print("returns", true);
			case "terminated" -> {
				ProcessHandle self = ProcessHandle.current();
				new ProcessBuilder("kill", "-TERM", Long.toString(self.pid())).start();
				Thread.sleep(60_000);
			}
			default -> throw new IllegalArgumentException(args[0]);
		}
	}

	private static void record(CountDownLatch recording) {
		for (long i = 0; true; i++) {
			adder.increment();
			doubles.add(0.5);
			recorder.record(i, 0);
			if (i == 1000) {
				recording.countDown();
			}
		}
	}

	private static void recordAtTheEnd() {
		PerCpuLongAdder last = new PerCpuLongAdder();
		for (int i = 0; i < 100_000; i++) {
			last.increment();
			recorder.record(i, 0);
		}
		ChildJvm.print("last", last.sum());
	}

}
