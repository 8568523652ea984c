package io.github.rseq.control;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;

import com.sun.jna.Pointer;

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
	 * The library with {@code percpu_abi_version} answering 99.
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
			// mov $99,%eax
			bytes.putInt(at + 1, 99);
		}
		else {
			// mov w0,#99
			bytes.putInt(at, 0x52800000 | 99 << 5);
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

	/**
	 * Makes a loaded library take every CPU for one without a row, so that all CPUs
	 * contend for the fallback row: row 0 then.
	 */
	public static void takeAwayAllRows(NativeLibrary library) throws IOException {
		ElfFile file = new ElfFile(Files.readAllBytes(library.file()));
		long base = library.address("percpu_add_long") - value(file, "percpu_add_long");
		new Pointer(base + value(file, "percpu_cpu_count")).setInt(0, 0);
	}

	private static long value(ElfFile file, String symbol) {
		return file.symbols(".symtab", ".strtab")
			.stream()
			.filter((candidate) -> candidate.name().equals(symbol))
			.findFirst()
			.orElseThrow()
			.value();
	}

}
