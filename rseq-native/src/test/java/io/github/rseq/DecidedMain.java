package io.github.rseq;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Asks for one mode and then for others.
 */
final class DecidedMain {

	private DecidedMain() {
	}

	public static void main(String[] args) throws IOException {
		RseqOptions jni = RseqOptions.DEFAULTS.withBinding(Binding.JNI);
		print("first", Rseq.configure(jni.withSharding(Sharding.MM_CID)));
		PerCpuLongAdder adder = new PerCpuLongAdder();
		adder.add(1);
		RseqStatus second = Rseq.configure(jni.withRegistration(Registration.SELF));
		print("second", second);
		ChildJvm.print("detail", second.availability().detail());
		ChildJvm.print("asked", second.asked().registration() + " " + second.asked().sharding());
		adder.add(1);
		// Mapped beside the first one, it has not decided yet, but the cells are those of
		// before.
		RseqOptions another = RseqOptions.DEFAULTS.withBinding(Binding.JNA).withLibrary(copyOfTheLibrary());
		print("another", Rseq.configure(another));
		adder.add(1);
		print("off", Rseq.configure(jni.withRegistration(Registration.NONE)));
		adder.add(1);
		ChildJvm.print("sum", adder.sum());
	}

	private static Path copyOfTheLibrary() throws IOException {
		Path copy = Files.createTempFile("another", ".so");
		copy.toFile().deleteOnExit();
		String name = "native/linux-" + System.getProperty("os.arch").replace("amd64", "x86_64") + "/libpercpu_rseq.so";
		try (InputStream library = Rseq.class.getResourceAsStream(name)) {
			Files.copy(library, copy, StandardCopyOption.REPLACE_EXISTING);
		}
		return copy;
	}

	private static void print(String name, RseqStatus status) {
		ChildJvm.print(name, status.state() + " " + status.registration() + " " + status.sharding());
	}

}
