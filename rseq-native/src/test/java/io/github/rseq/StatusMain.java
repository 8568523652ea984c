package io.github.rseq;

import java.nio.file.Path;

/**
 * Configures and counts, and tells what came of it. Arguments, three for each try: the
 * binding, the library's file and the directory, each {@code -} for the default.
 */
final class StatusMain {

	private StatusMain() {
	}

	public static void main(String[] args) {
		for (int i = 0; i < args.length; i += 3) {
			String number = "." + i / 3;
			Binding binding = args[i].equals("-") ? null : Binding.valueOf(args[i]);
			RseqStatus status = Rseq.configure(TestMode.current()
				.options()
				.withBinding(binding)
				.withLibrary(path(args[i + 1]))
				.withDirectory(path(args[i + 2])));
			ChildJvm.print("state" + number, status.state());
			ChildJvm.print("reason" + number, status.availability().reason());
			ChildJvm.print("detail" + number, status.availability().detail());
			ChildJvm.print("binding" + number, status.binding());
			ChildJvm.print("registration" + number, status.registration());
			ChildJvm.print("sharding" + number, status.sharding());
			PerCpuLongAdder adder = new PerCpuLongAdder();
			adder.add(5);
			ChildJvm.print("sum" + number, adder.sum());
			try {
				Rseq.ensureAvailable();
				ChildJvm.print("thrown" + number, null);
			}
			catch (RseqUnavailableException ex) {
				ChildJvm.print("thrown" + number, ex.reason());
			}
		}
	}

	private static Path path(String argument) {
		return argument.equals("-") ? null : Path.of(argument);
	}

}
