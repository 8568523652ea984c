package io.github.rseq;

import io.github.rseq.checkpoint.Core;

/**
 * Registers its threads itself and is restored from a checkpoint.
 */
final class RestoredMain {

	private RestoredMain() {
	}

	public static void main(String[] args) throws Exception {
		RseqOptions options = RseqOptions.DEFAULTS.withBinding(Binding.JNI).withRegistration(Registration.SELF);
		ChildJvm.print("before", Rseq.configure(options).state());
		PerCpuLongAdder adder = new PerCpuLongAdder();
		adder.increment();
		Core.setCheckpoint(adder::increment);
		Core.checkpointRestore();
		ChildJvm.print("after", Rseq.status().state() + " " + Rseq.status().availability().reason());
		adder.increment();
		ChildJvm.print("probed", Rseq.probe().state());
		adder.increment();
		ChildJvm.print("sum", adder.sum());
		ChildJvm.print("fallback", adder.fallback());
	}

}
