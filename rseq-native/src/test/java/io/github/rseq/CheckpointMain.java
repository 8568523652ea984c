package io.github.rseq;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import io.github.rseq.checkpoint.Core;

/**
 * Records under load through checkpoints. Argument: how many.
 */
final class CheckpointMain {

	private static final int RSEQ = 334;

	private static final long SIGNATURE = 0x53053053L;

	private CheckpointMain() {
	}

	public static void main(String[] args) throws Exception {
		Rseq.configure(RseqOptions.DEFAULTS.withBinding(Binding.JNI));
		ChildJvm.print("before", Rseq.status().state());
		PerCpuLongAdder adder = new PerCpuLongAdder();
		PerCpuLongRecorder recorder = new PerCpuLongRecorder(1);
		LongAdder expected = new LongAdder();
		AtomicBoolean ended = new AtomicBoolean();
		List<Thread> threads = new ArrayList<>();
		for (int i = 0; i < 3; i++) {
			Thread thread = new Thread(() -> {
				while (!ended.get()) {
					adder.increment();
					recorder.record(1, 0);
					expected.increment();
				}
			});
			thread.start();
			threads.add(thread);
		}
		List<Object> during = new ArrayList<>();
		Core.setCheckpoint(() -> during.add(stay()));
		int checkpoints = Integer.parseInt(args[0]);
		int restored = 0;
		for (int i = 0; restored < checkpoints && i < 5 * checkpoints; i++) {
			try {
				org.crac.Core.checkpointRestore();
			}
			catch (UnsupportedOperationException ex) {
				ChildJvm.print("unsupported", true);
			}
			RseqStatus.Availability after = Rseq.status().availability();
			// Where others leave it no time, the self-test proves nothing: that one does
			// not
			// count.
			if (after.reason() != UnavailabilityReason.SELF_TEST_INCONCLUSIVE) {
				restored++;
				if (!after.available()) {
					ChildJvm.print("after", after);
				}
			}
			// The options of later contexts register nothing more.
			Rseq.configure(RseqOptions.DEFAULTS.withBinding((i % 2 == 0) ? Binding.JNA : Binding.JNI));
		}
		ended.set(true);
		for (Thread thread : threads) {
			thread.join();
		}
		ChildJvm.print("during", during.stream().distinct().toList());
		ChildJvm.print("checkpoints", restored);
		ChildJvm.print("lost", 2 * expected.sum() - adder.sum() - recorder.read(0).count());
		ChildJvm.print("fallback", adder.fallback() > 0);
		ChildJvm.print("perCpu", adder.sum() > adder.fallback());
		ChildJvm.print("resources", Core.getGlobalContext().resources().size());
		Rseq.setEnabled(false);
		Core.setCheckpoint(() -> Rseq.setEnabled(true));
		Core.checkpointRestore();
		ChildJvm.print("enabled", Rseq.status().state());
		Core.setCheckpoint(CheckpointMain::loseRegistration);
		Core.checkpointRestore();
		ChildJvm.print("elsewhere", Rseq.status().state());
		adder.increment();
		ChildJvm.print("elsewhere.lost", expected.sum() + 1 - adder.sum());
	}

	/**
	 * What can be seen while the process might be stopped: the state, and whether an add
	 * went to Java.
	 */
	private static String stay() {
		RseqState state = Rseq.status().state();
		PerCpuLongAdder own = new PerCpuLongAdder();
		own.increment();
		return state + " " + own.fallback();
	}

	/*
	 * As a thread finds itself on a machine that knows nothing of its registration.
	 */
	private static void loseRegistration() {
		NativeLibrary process = NativeLibrary.getProcess();
		long thread = process.getFunction("pthread_self").invokeLong(new Object[0]);
		long offset = process.getGlobalVariableAddress("__rseq_offset").getLong(0);
		Object result = process.getFunction("syscall")
			.invokeLong(new Object[] { (long) RSEQ, new Pointer(thread + offset), 32, 1, SIGNATURE });
		ChildJvm.print("unregistered", result);
	}

}
