package io.github.rseq;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/**
 * Starts processes while threads record. Argument: how many.
 */
final class ProcessMain {

	private ProcessMain() {
	}

	public static void main(String[] args) throws Exception {
		ChildJvm.print("state", Rseq.configure(RseqOptions.DEFAULTS.withBinding(Binding.JNI)).state());
		PerCpuLongAdder adder = new PerCpuLongAdder();
		PerCpuLongRecorder recorder = new PerCpuLongRecorder(1);
		LongAdder expected = new LongAdder();
		AtomicBoolean ended = new AtomicBoolean();
		List<Thread> threads = new ArrayList<>();
		for (int i = 0; i < 3; i++) {
			Thread thread = new Thread(() -> {
				long adds = 0;
				while (!ended.get()) {
					adder.increment();
					recorder.record(1, 0);
					adds++;
				}
				expected.add(adds);
			});
			thread.start();
			threads.add(thread);
		}
		int processes = Integer.parseInt(args[0]);
		int right = 0;
		for (int i = 0; i < processes; i++) {
			int status = i % 256;
			Process process = new ProcessBuilder("sh", "-c", "echo said; exit " + status).start();
			String said = new String(process.getInputStream().readAllBytes());
			if (process.waitFor() == status && said.equals("said\n")) {
				right++;
			}
		}
		ended.set(true);
		for (Thread thread : threads) {
			thread.join();
		}
		ChildJvm.print("right", right);
		ChildJvm.print("added", expected.sum() > 0);
		ChildJvm.print("lost", 2 * expected.sum() - adder.sum() - recorder.read(0).count());
		ChildJvm.print("perCpu", adder.sum() > adder.fallback());
	}

}
