package io.github.rseq.control;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Copies of the library that can't be used.
 */
public final class DamagedLibrary {

	private DamagedLibrary() {
	}

	/**
	 * The library in the jar.
	 */
	public static byte[] intact() throws LibraryException {
		return LibraryFile.resource(System.getProperty("os.arch").replace("amd64", "x86_64"));
	}

	/**
	 * The library with {@code percpu_abi_version} answering 2.
	 */
	public static byte[] ofAnotherVersion() throws LibraryException {
		byte[] content = intact();
		ElfFile file = new ElfFile(content);
		int at = file.offset(file.dynamicSymbols()
			.stream()
			.filter((symbol) -> symbol.name().equals("percpu_abi_version"))
			.findFirst()
			.orElseThrow()
			.value());
		ByteBuffer bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
		if (file.machine() == ElfFile.X86_64) {
			// mov $2,%eax
			bytes.putInt(at + 1, 2);
		}
		else {
			// mov w0,#2
			bytes.putInt(at, 0x52800040);
		}
		return content;
	}

	/**
	 * The library for another machine, by its header.
	 */
	public static byte[] ofAnotherMachine() throws LibraryException {
		byte[] content = intact();
		content[18] = (byte) ((content[18] == ElfFile.X86_64) ? ElfFile.AARCH64 : ElfFile.X86_64);
		content[19] = 0;
		return content;
	}

}
