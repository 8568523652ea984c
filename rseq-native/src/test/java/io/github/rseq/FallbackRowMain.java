package io.github.rseq;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

import com.sun.jna.NativeLibrary;

/**
 * Tells the library that there is one CPU only, and adds on all.
 */
final class FallbackRowMain {

	private static final int ADDS = 100_000;

	private static final int THREADS = 8;

	private FallbackRowMain() {
	}

	public static void main(String[] args) throws Exception {
		String architecture = System.getProperty("os.arch").replace("amd64", "x86_64");
		Path file = Files.createTempFile("percpu", ".so");
		try (InputStream in = Rseq.class
			.getResourceAsStream("/io/github/rseq/native/linux-" + architecture + "/libpercpu_rseq.so")) {
			Files.write(file, in.readAllBytes());
			NativeLibrary.getInstance(file.toString()).getFunction("percpu_init").invokeInt(new Object[] { 1 });
			RseqOptions options = RseqOptions.DEFAULTS.withBinding(Binding.valueOf(args[0])).withLibrary(file);
			ChildJvm.print("cpus", Rseq.configure(options).cpus().possible());
		}
		finally {
			Files.delete(file);
		}
		PerCpuLongAdder longs = new PerCpuLongAdder();
		PerCpuDoubleAdder doubles = new PerCpuDoubleAdder();
		Linux linux = new Linux();
		int[] cpus = Linux.cpusOf(linux.affinity(0));
		Thread[] threads = new Thread[THREADS];
		int onFirst = 0;
		for (int i = 0; i < THREADS; i++) {
			int cpu = cpus[i % cpus.length];
			onFirst += (cpu == 0) ? ADDS : 0;
			threads[i] = new Thread(() -> {
				linux.affinity(0, Linux.maskOf(cpu));
				for (int add = 0; add < ADDS; add++) {
					longs.add(1);
					doubles.add(1);
				}
			});
			threads[i].start();
		}
		for (Thread thread : threads) {
			thread.join();
		}
		ChildJvm.print("onFirst", onFirst);
		ChildJvm.print("onOthers", THREADS * ADDS - onFirst);
		ChildJvm.print("longs", longs.perCpu()[0]);
		ChildJvm.print("doubles", (long) doubles.perCpu()[0]);
		ChildJvm.print("longFallback", longs.fallback());
		ChildJvm.print("doubleFallback", (long) doubles.fallback());
		ChildJvm.print("longSum", longs.sum());
		ChildJvm.print("doubleSum", (long) doubles.sum());
		ChildJvm.print("gaveUp", Rseq.status().aborts().fallback());
	}

}
