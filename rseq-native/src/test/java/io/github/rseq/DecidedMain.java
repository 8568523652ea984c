package io.github.rseq;

/**
 * Asks for one mode and then for others.
 */
final class DecidedMain {

	private DecidedMain() {
	}

	public static void main(String[] args) {
		RseqOptions jni = RseqOptions.DEFAULTS.withBinding(Binding.JNI);
		print("first", Rseq.configure(jni.withSharding(Sharding.MM_CID)));
		PerCpuLongAdder adder = new PerCpuLongAdder();
		adder.add(1);
		RseqStatus second = Rseq.configure(jni.withRegistration(Registration.SELF));
		print("second", second);
		ChildJvm.print("detail", second.availability().detail());
		ChildJvm.print("asked", second.asked().registration() + " " + second.asked().sharding());
		adder.add(1);
		print("off", Rseq.configure(jni.withRegistration(Registration.NONE)));
		adder.add(1);
		ChildJvm.print("sum", adder.sum());
	}

	private static void print(String name, RseqStatus status) {
		ChildJvm.print(name, status.state() + " " + status.registration() + " " + status.sharding());
	}

}
