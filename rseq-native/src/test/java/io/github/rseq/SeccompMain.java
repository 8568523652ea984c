package io.github.rseq;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.StringArray;

/**
 * Installs a seccomp filter that refuses rseq, as a container's profile may, and becomes
 * {@link StatusMain}. The filter holds for this thread, and for the process after exec.
 */
final class SeccompMain {

	private static final int PR_SET_NO_NEW_PRIVS = 38;

	private static final int PR_SET_SECCOMP = 22;

	private static final long SECCOMP_MODE_FILTER = 2;

	private static final int EPERM = 1;

	private SeccompMain() {
	}

	public static void main(String[] args) {
		int rseq = System.getProperty("os.arch").equals("amd64") ? 334 : 293;
		// struct sock_filter: code, jump if true, jump if false, operand
		Memory instructions = new Memory(4 * 8);
		instruction(instructions, 0, 0x20, 0, 0, 0); // load the number of the call
		instruction(instructions, 1, 0x15, 0, 1, rseq); // is it rseq?
		instruction(instructions, 2, 0x06, 0, 0, 0x0005_0000 | EPERM); // return an errno
		instruction(instructions, 3, 0x06, 0, 0, 0x7fff_0000); // allow
		Memory program = new Memory(16);
		program.clear();
		program.setShort(0, (short) 4);
		program.setPointer(8, instructions);
		NativeLibrary process = NativeLibrary.getProcess();
		Function prctl = process.getFunction("prctl");
		if (prctl.invokeInt(new Object[] { PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L }) != 0
				|| prctl.invokeInt(new Object[] { PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program }) != 0) {
			System.out.println("no filter");
			return;
		}
		String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
		List<String> command = new ArrayList<>(List.of(java, "-cp", System.getProperty("java.class.path")));
		if (Runtime.version().feature() >= 22) {
			command.add("--enable-native-access=ALL-UNNAMED");
		}
		// What a child of ours was given for its mode.
		System.getProperties()
			.stringPropertyNames()
			.stream()
			.filter((name) -> name.startsWith("rseq.test."))
			.forEach((name) -> command.add("-D" + name + "=" + System.getProperty(name)));
		command.addAll(List.of(StatusMain.class.getName(), "-", "-", "-"));
		process.getFunction("execv").invokeInt(new Object[] { java, new StringArray(command.toArray(new String[0])) });
		System.out.println("exec failed");
		Runtime.getRuntime().halt(1);
	}

	private static void instruction(Memory memory, int index, int code, int ifTrue, int ifFalse, int operand) {
		memory.setShort(index * 8L, (short) code);
		memory.setByte(index * 8L + 2, (byte) ifTrue);
		memory.setByte(index * 8L + 3, (byte) ifFalse);
		memory.setInt(index * 8L + 4, operand);
	}

}
