package io.github.rseq;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

import com.sun.jna.NativeLibrary;

/**
 * Tells the library that there is one CPU only, and adds on two.
 */
final class FallbackRowMain {

	private static final int ADDS = 1000;

	private FallbackRowMain() {
	}

	public static void main(String[] args) throws Exception {
		String architecture = System.getProperty("os.arch").replace("amd64", "x86_64");
		Path file = Files.createTempFile("percpu", ".so");
		try (InputStream in = Rseq.class
			.getResourceAsStream("/io/github/rseq/native/linux-" + architecture + "/libpercpu_rseq.so")) {
			Files.write(file, in.readAllBytes());
			NativeLibrary.getInstance(file.toString()).getFunction("percpu_init").invokeInt(new Object[] { 1, 0, 0 });
			RseqOptions options = RseqOptions.DEFAULTS.withBinding(Binding.valueOf(args[0])).withLibrary(file);
			ChildJvm.print("cpus", Rseq.configure(options).cpus().possible());
		}
		finally {
			Files.delete(file);
		}
		long before = Rseq.status().aborts().fallback();
		PerCpuLongAdder longs = new PerCpuLongAdder();
		PerCpuDoubleAdder doubles = new PerCpuDoubleAdder();
		Linux linux = new Linux();
		int[] cpus = Linux.cpusOf(linux.affinity(0));
		for (int cpu : new int[] { cpus[0], cpus[cpus.length - 1] }) {
			linux.affinity(0, Linux.maskOf(cpu));
			for (int i = 0; i < ADDS; i++) {
				longs.add(1);
				doubles.add(1);
			}
		}
		ChildJvm.print("longs", Arrays.toString(longs.perCpu()));
		ChildJvm.print("doubles", Arrays.toString(doubles.perCpu()));
		ChildJvm.print("longFallback", longs.fallback());
		ChildJvm.print("doubleFallback", doubles.fallback());
		ChildJvm.print("longSum", longs.sum());
		ChildJvm.print("doubleSum", doubles.sum());
		ChildJvm.print("gaveUp", Rseq.status().aborts().fallback() - before);
	}

}
