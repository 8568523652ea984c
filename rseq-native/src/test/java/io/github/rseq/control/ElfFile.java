package io.github.rseq.control;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * As much of a little-endian 64-bit ELF file as the rules of {@link SectionRules} look
 * at. Numbers are those of the ELF specification.
 */
final class ElfFile {

	static final int X86_64 = 62;

	static final int AARCH64 = 183;

	private static final int NOBITS = 8;

	private final ByteBuffer bytes;

	private final List<Section> sections = new ArrayList<>();

	private final List<Segment> segments = new ArrayList<>();

	ElfFile(byte[] content) {
		this.bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
		if (this.bytes.getInt(0) != 0x464C457F || this.bytes.get(4) != 2 || this.bytes.get(5) != 1) {
			throw new IllegalArgumentException("No little-endian 64-bit ELF file");
		}
		readSegments();
		readSections();
	}

	record Section(String name, int type, long address, int offset, int size, int link) {

		boolean contains(long address) {
			return address >= this.address && address < this.address + this.size;
		}

	}

	record Segment(int type, int flags, long address, int offset, int size) {
	}

	record Symbol(String name, boolean defined, boolean weak, long value) {
	}

	record Relocation(long address, int type, long addend) {
	}

	private void readSegments() {
		int at = (int) this.bytes.getLong(32);
		for (int i = 0; i < this.bytes.getShort(56); i++, at += 56) {
			this.segments.add(new Segment(this.bytes.getInt(at), this.bytes.getInt(at + 4), this.bytes.getLong(at + 16),
					(int) this.bytes.getLong(at + 8), (int) this.bytes.getLong(at + 32)));
		}
	}

	private void readSections() {
		int at = (int) this.bytes.getLong(40);
		int names = (int) this.bytes.getLong(at + 64 * this.bytes.getShort(62) + 24);
		for (int i = 0; i < this.bytes.getShort(60); i++, at += 64) {
			this.sections.add(new Section(string(names + this.bytes.getInt(at)), this.bytes.getInt(at + 4),
					this.bytes.getLong(at + 16), (int) this.bytes.getLong(at + 24), (int) this.bytes.getLong(at + 32),
					this.bytes.getInt(at + 40)));
		}
	}

	int machine() {
		return this.bytes.getShort(18);
	}

	List<Segment> segments() {
		return this.segments;
	}

	Optional<Section> section(String name) {
		return this.sections.stream().filter((section) -> section.name().equals(name)).findFirst();
	}

	/**
	 * Where the byte of an address lies in the file.
	 */
	int offset(long address) {
		Section section = this.sections.stream()
			.filter((candidate) -> candidate.address() != 0 && candidate.type() != NOBITS
					&& candidate.contains(address))
			.findFirst()
			.orElseThrow(() -> new IllegalArgumentException("Nothing at 0x" + Long.toHexString(address)));
		return (int) (address - section.address()) + section.offset();
	}

	int word(long address) {
		return this.bytes.getInt(offset(address));
	}

	long quad(long address) {
		return this.bytes.getLong(offset(address));
	}

	byte[] code(long from, long to) {
		byte[] code = new byte[(int) (to - from)];
		this.bytes.get(offset(from), code);
		return code;
	}

	/**
	 * The entries of the dynamic section by tag; of a tag that is there twice, the last
	 * one.
	 */
	Map<Long, Long> dynamic() {
		Map<Long, Long> entries = new TreeMap<>();
		Section dynamic = section(".dynamic").orElseThrow();
		for (int at = dynamic.offset(); at < dynamic.offset() + dynamic.size(); at += 16) {
			entries.put(this.bytes.getLong(at), this.bytes.getLong(at + 8));
		}
		return entries;
	}

	String dynamicString(long index) {
		return string(section(".dynstr").orElseThrow().offset() + (int) index);
	}

	List<Symbol> dynamicSymbols() {
		return symbols(".dynsym", ".dynstr");
	}

	/**
	 * The symbols of a table; empty where the library was stripped of it.
	 */
	List<Symbol> symbols(String table, String names) {
		List<Symbol> symbols = new ArrayList<>();
		section(table).ifPresent((entries) -> {
			int strings = section(names).orElseThrow().offset();
			// The first entry is no symbol.
			for (int at = entries.offset() + 24; at < entries.offset() + entries.size(); at += 24) {
				symbols.add(new Symbol(string(strings + this.bytes.getInt(at)), this.bytes.getShort(at + 6) != 0,
						(this.bytes.get(at + 4) >> 4) == 2, this.bytes.getLong(at + 8)));
			}
		});
		return symbols;
	}

	List<Relocation> relocations() {
		List<Relocation> relocations = new ArrayList<>();
		this.sections.stream().filter((section) -> section.type() == 4).forEach((table) -> {
			for (int at = table.offset(); at < table.offset() + table.size(); at += 24) {
				relocations.add(
						new Relocation(this.bytes.getLong(at), this.bytes.getInt(at + 8), this.bytes.getLong(at + 16)));
			}
		});
		return relocations;
	}

	private String string(int offset) {
		int end = offset;
		while (this.bytes.get(end) != 0) {
			end++;
		}
		return new String(this.bytes.array(), offset, end - offset, StandardCharsets.US_ASCII);
	}

}
