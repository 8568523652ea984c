package io.github.rseq;

/**
 * Counts where {@code /sys} shows nothing.
 */
final class MaskedSysMain {

	private static final int ADDS = 1000;

	private MaskedSysMain() {
	}

	public static void main(String[] args) {
		RseqStatus status = Rseq.configure(RseqOptions.DEFAULTS.withBinding(Binding.valueOf(args[0])));
		ChildJvm.print("state", status.state());
		ChildJvm.print("possible", status.cpus().possible());
		ChildJvm.print("numaNodes", status.cpus().numaNodes());
		PerCpuLongAdder adder = new PerCpuLongAdder();
		for (int i = 0; i < ADDS; i++) {
			adder.add(1);
		}
		ChildJvm.print("sum", adder.sum());
		ChildJvm.print("fallback", adder.fallback());
	}

}
