package io.github.rseq.control;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

import io.github.rseq.control.ElfFile.Relocation;
import io.github.rseq.control.ElfFile.Section;
import io.github.rseq.control.ElfFile.Segment;

/**
 * The rules that a library with critical sections keeps, as far as they can be seen in
 * its file. A kernel that meets a descriptor which breaks one kills the process, or
 * worse, doesn't abort.
 */
final class SectionRules {

	private static final int DESCRIPTOR_BYTES = 32;

	/**
	 * All that may stand inside a section on x86-64, as hexadecimal digits; dots stand
	 * for any. What is not here is a call, a system call, a jump out, or a change that
	 * wants a look.
	 */
	private static final List<Instruction> X86_64 = List.of(new Instruction("648b4104", "mov %fs:4(%rcx),%eax"),
			new Instruction("3b05........", "cmp percpu_cpu_count(%rip),%eax"), new Instruction("73..", "jump jae"),
			new Instruction("0f83........", "jump jae"), new Instruction("48c1e010", "shl $16,%rax"),
			new Instruction("48013407", "store add %rsi,(%rdi,%rax)"),
			new Instruction("f20f100c07", "movsd (%rdi,%rax),%xmm1"), new Instruction("f20f58c8", "addsd %xmm0,%xmm1"),
			new Instruction("f20f110c07", "store movsd %xmm1,(%rdi,%rax)"),
			new Instruction("488937", "store mov %rsi,(%rdi)"), new Instruction("64395104", "cmp %edx,%fs:4(%rcx)"),
			new Instruction("49ffc8", "dec %r8"), new Instruction("75..", "jump jne"),
			new Instruction("488b07", "look mov (%rdi),%rax"), new Instruction("41bb........", "mov $n,%r11d"),
			new Instruction("41ffcb", "dec %r11d"), new Instruction("4c8b1c07", "mov (%rdi,%rax),%r11"),
			new Instruction("4901f3", "add %rsi,%r11"), new Instruction("4c891c07", "store mov %r11,(%rdi,%rax)"),
			// rows by concurrency id, and by what the caller says
			new Instruction("6483790400", "cmp $0,%fs:4(%rcx)"), new Instruction("7c..", "jump jl"),
			new Instruction("0f8c........", "jump jl"), new Instruction("648b4118", "mov %fs:24(%rcx),%eax"),
			new Instruction("64418b00", "mov %fs:(%r8),%eax"),
			// buckets
			new Instruction("49ff0401", "store inc (%r9,%rax)"), new Instruction("49ff0400", "store inc (%r8,%rax)"),
			new Instruction("4d8b1c01", "mov (%r9,%rax),%r11"), new Instruction("4d8b1c00", "mov (%r8,%rax),%r11"),
			new Instruction("49ffc3", "inc %r11"), new Instruction("4d891c01", "store mov %r11,(%r9,%rax)"),
			new Instruction("4d891c00", "store mov %r11,(%r8,%rax)"),
			// record: the line and the copy
			new Instruction("4c8d0407", "lea (%rdi,%rax),%r8"), new Instruction("4d8b08", "mov (%r8),%r9"),
			new Instruction("4589ca", "mov %r9d,%r10d"), new Instruction("4183e201", "and $1,%r10d"),
			new Instruction("4339549028", "cmp %edx,40(%r8,%r10,4)"),
			new Instruction("4339749028", "cmp %esi,40(%r8,%r10,4)"), new Instruction("0f85........", "jump jne"),
			new Instruction("4f8b5cd018", "mov 24(%r8,%r10,8),%r11"), new Instruction("4939f3", "cmp %rsi,%r11"),
			new Instruction("4c0f4cde", "cmovl %rsi,%r11"), new Instruction("4b8b4cd008", "mov 8(%r8,%r10,8),%rcx"),
			new Instruction("4801f1", "add %rsi,%rcx"), new Instruction("66480f7ec1", "movq %xmm0,%rcx"),
			new Instruction("4939cb", "cmp %rcx,%r11"), new Instruction("4c0f4cd9", "cmovl %rcx,%r11"),
			new Instruction("f2430f104cd008", "movsd 8(%r8,%r10,8),%xmm1"),
			new Instruction("4183f201", "flip xor $1,%r10d"),
			new Instruction("4b894cd008", "copy total mov %rcx,8(%r8,%r10,8)"),
			new Instruction("f2430f114cd008", "copy total movsd %xmm1,8(%r8,%r10,8)"),
			new Instruction("4f895cd018", "copy max mov %r11,24(%r8,%r10,8)"),
			new Instruction("4389549028", "copy epoch mov %edx,40(%r8,%r10,4)"),
			new Instruction("4389749028", "copy epoch mov %esi,40(%r8,%r10,4)"),
			new Instruction("43896c9028", "copy epoch mov %ebp,40(%r8,%r10,4)"),
			new Instruction("b9........", "mov $n,%ecx"), new Instruction("ffc9", "dec %ecx"),
			new Instruction("49ffc1", "next inc %r9"), new Instruction("4d8908", "store mov %r9,(%r8)"),
			// record: rotating
			new Instruction("438b4c9028", "mov 40(%r8,%r10,4),%ecx"), new Instruction("89d3", "mov %edx,%ebx"),
			new Instruction("89f3", "mov %esi,%ebx"), new Instruction("29cb", "sub %ecx,%ebx"),
			new Instruction("7e..", "jump jle"), new Instruction("4989d4", "mov %rdx,%r12"),
			new Instruction("4989f4", "mov %rsi,%r12"), new Instruction("49c1ec20", "shr $32,%r12"),
			new Instruction("74..", "jump je"), new Instruction("49ffcc", "dec %r12"),
			new Instruction("89cd", "mov %ecx,%ebp"), new Instruction("4421e5", "and %r12d,%ebp"),
			new Instruction("4d895ce830", "past mov %r11,48(%r8,%rbp,8)"), new Instruction("ffcb", "dec %ebx"),
			new Instruction("458d5c2401", "lea 1(%r12),%r11d"), new Instruction("4439db", "cmp %r11d,%ebx"),
			new Instruction("410f47db", "cmova %r11d,%ebx"), new Instruction("85db", "test %ebx,%ebx"),
			new Instruction("ffc1", "inc %ecx"), new Instruction("49c744e83000000000", "past movq $0,48(%r8,%rbp,8)"),
			new Instruction("eb..", "jump jmp"), new Instruction("89d1", "mov %edx,%ecx"),
			new Instruction("89f1", "mov %esi,%ecx"), new Instruction("4531db", "xor %r11d,%r11d"));

	/**
	 * The same on aarch64, words as they are read, most significant digit first.
	 */
	private static final List<Instruction> AARCH64 = List.of(new Instruction("b9400569", "ldr w9,[x11,#4]"),
			new Instruction("6b0c013f", "cmp w9,w12"), new Instruction("54.....2", "jump b.hs"),
			new Instruction("8b09400a", "add x10,x0,x9,lsl #16"), new Instruction("f940014d", "ldr x13,[x10]"),
			new Instruction("8b0101ad", "add x13,x13,x1"), new Instruction("f900014d", "store str x13,[x10]"),
			new Instruction("fd400141", "ldr d1,[x10]"), new Instruction("1e602821", "fadd d1,d1,d0"),
			new Instruction("fd000141", "store str d1,[x10]"), new Instruction("f9000001", "store str x1,[x0]"),
			new Instruction("f1000484", "subs x4,x4,#1"), new Instruction("54.....1", "jump b.ne"),
			new Instruction("6b02013f", "cmp w9,w2"), new Instruction("f940000d", "look ldr x13,[x0]"),
			new Instruction("52.....e", "mov w14,#n"), new Instruction("710005ce", "subs w14,w14,#1"),
			// rows by concurrency id, and by what the caller says
			new Instruction("b940056a", "ldr w10,[x11,#4]"), new Instruction("37.....a", "jump tbnz w10,#31"),
			new Instruction("b9401969", "ldr w9,[x11,#24]"), new Instruction("b9400229", "ldr w9,[x17]"),
			// buckets
			new Instruction("8b0940aa", "add x10,x5,x9,lsl #16"), new Instruction("8b0940ca", "add x10,x6,x9,lsl #16"),
			// record: the line and the copy
			new Instruction("c8dffd4d", "ldar x13,[x10]"), new Instruction("924001ae", "and x14,x13,#1"),
			new Instruction("8b0e0d4f", "add x15,x10,x14,lsl #3"),
			new Instruction("8b0e0950", "add x16,x10,x14,lsl #2"), new Instruction("b9402a11", "ldr w17,[x16,#40]"),
			new Instruction("6b02023f", "cmp w17,w2"), new Instruction("6b01023f", "cmp w17,w1"),
			new Instruction("f9400de3", "ldr x3,[x15,#24]"), new Instruction("eb01007f", "cmp x3,x1"),
			new Instruction("9a81a063", "csel x3,x3,x1,ge"), new Instruction("f94005e4", "ldr x4,[x15,#8]"),
			new Instruction("8b010084", "add x4,x4,x1"), new Instruction("9e660004", "fmov x4,d0"),
			new Instruction("eb04007f", "cmp x3,x4"), new Instruction("9a84a063", "csel x3,x3,x4,ge"),
			new Instruction("fd4005e1", "ldr d1,[x15,#8]"), new Instruction("d24001ce", "flip eor x14,x14,#1"),
			new Instruction("f90005e4", "copy total str x4,[x15,#8]"),
			new Instruction("fd0005e1", "copy total str d1,[x15,#8]"),
			new Instruction("f9000de3", "copy max str x3,[x15,#24]"),
			new Instruction("b9002a11", "copy epoch str w17,[x16,#40]"), new Instruction("52.....4", "mov w4,#n"),
			new Instruction("71000484", "subs w4,w4,#1"), new Instruction("910005ad", "next add x13,x13,#1"),
			new Instruction("c89ffd4d", "store stlr x13,[x10]"),
			// record: rotating
			new Instruction("6b110045", "subs w5,w2,w17"), new Instruction("6b110025", "subs w5,w1,w17"),
			new Instruction("54.....d", "jump b.le"), new Instruction("d360fc46", "lsr x6,x2,#32"),
			new Instruction("d360fc26", "lsr x6,x1,#32"), new Instruction("b4.....6", "jump cbz x6"),
			new Instruction("d10004c7", "sub x7,x6,#1"), new Instruction("0a070228", "and w8,w17,w7"),
			new Instruction("8b080d48", "add x8,x10,x8,lsl #3"), new Instruction("f9001903", "past str x3,[x8,#48]"),
			new Instruction("510004a5", "sub w5,w5,#1"), new Instruction("6b0600bf", "cmp w5,w6"),
			new Instruction("1a8690a5", "csel w5,w5,w6,ls"), new Instruction("34.....5", "jump cbz w5"),
			new Instruction("11000631", "add w17,w17,#1"), new Instruction("f900191f", "past str xzr,[x8,#48]"),
			new Instruction("17......", "jump b"), new Instruction("2a0203f1", "mov w17,w2"),
			new Instruction("2a0103f1", "mov w17,w1"), new Instruction("d2800003", "mov x3,#0"));

	private final ElfFile file;

	private final boolean armed;

	private final List<String> broken = new ArrayList<>();

	private SectionRules(ElfFile file, boolean armed) {
		this.file = file;
		this.armed = armed;
	}

	/**
	 * An instruction that may be there. The text starts with what the rules look at: a
	 * {@code jump}, the {@code store} that publishes, and those of a record section that
	 * publish nothing, to the inactive {@code copy} and to {@code past} epochs.
	 */
	private record Instruction(String pattern, String text) {

		boolean is(String what) {
			return this.text.startsWith(what);
		}

		boolean writes() {
			return is("store") || is("copy") || is("past");
		}

	}

	/**
	 * An instruction that is there, and where.
	 */
	private record Decoded(Instruction instruction, int at, String digits) {

		boolean is(String what) {
			return this.instruction.is(what);
		}

		int end() {
			return this.at + this.digits.length() / 2;
		}

		/**
		 * Where a jump goes to, from the start of the section.
		 */
		int target(boolean x86) {
			if (!x86) {
				int word = Integer.parseUnsignedInt(this.digits, 16);
				// 26 bits of an unconditional branch, 14 of a tested bit's, 19 of the
				// others, in words.
				return this.at + 4 * ((word >>> 26 == 5) ? word << 6 >> 6
						: (word >>> 25 == 0x1b) ? word << 13 >> 18 : word << 8 >> 13);
			}
			if (this.digits.length() == 4) {
				return end() + (byte) Integer.parseInt(this.digits.substring(2), 16);
			}
			return end() + Integer.reverseBytes(Integer.parseUnsignedInt(this.digits.substring(4), 16));
		}

	}

	/**
	 * A section as its descriptor tells it.
	 */
	record Descriptor(long address, int version, int flags, long start, long length, long abort) {
	}

	/**
	 * Checks a library.
	 * @param content the library
	 * @param armed whether its sections are armed, as all but those of the negative
	 * control
	 * @return the rules it breaks
	 */
	static List<String> brokenIn(byte[] content, boolean armed) {
		SectionRules rules = new SectionRules(new ElfFile(content), armed);
		rules.checkFile();
		rules.checkDescriptors();
		return rules.broken;
	}

	/**
	 * The sections of a library.
	 */
	static List<Descriptor> descriptors(ElfFile file) {
		Map<Long, Relocation> relocations = relativeRelocations(file);
		Section section = file.section("__rseq_cs").orElseThrow();
		List<Descriptor> descriptors = new ArrayList<>();
		for (long at = section.address(); at < section.address() + section.size(); at += DESCRIPTOR_BYTES) {
			descriptors.add(new Descriptor(at, file.word(at), file.word(at + 4), addend(relocations, at + 8),
					file.quad(at + 16), addend(relocations, at + 24)));
		}
		return descriptors;
	}

	private static Map<Long, Relocation> relativeRelocations(ElfFile file) {
		int relative = (file.machine() == ElfFile.X86_64) ? 8 : 1027;
		return file.relocations()
			.stream()
			.filter((relocation) -> relocation.type() == relative)
			.collect(Collectors.toMap(Relocation::address, Function.identity()));
	}

	private static long addend(Map<Long, Relocation> relocations, long address) {
		Relocation relocation = relocations.get(address);
		return (relocation != null) ? relocation.addend() : -1;
	}

	private void rule(boolean kept, String rule) {
		if (!kept) {
			this.broken.add(rule);
		}
	}

	private void checkFile() {
		Map<Long, Long> dynamic = this.file.dynamic();
		rule(!dynamic.containsKey(1L), "no DT_NEEDED");
		rule(!dynamic.containsKey(22L) && (dynamic.getOrDefault(30L, 0L) & 4) == 0, "no text relocations");
		rule((dynamic.getOrDefault(0x6ffffffbL, 0L) & 8) != 0, "DF_1_NODELETE");
		rule(this.file.dynamicString(dynamic.getOrDefault(14L, 0L)).equals("libpercpu_rseq.so"), "soname");
		rule(this.file.section(".plt").map(Section::size).orElse(0) == 0
				&& this.file.section(".plt.got").map(Section::size).orElse(0) == 0, "no PLT");
		rule(!dynamic.containsKey(23L), "no relocations for a PLT");
		rule(this.file.dynamicSymbols().stream().noneMatch((symbol) -> symbol.name().startsWith("__tls_")),
				"no TLS helper");
		rule(this.file.dynamicSymbols().stream().allMatch((symbol) -> symbol.defined() || symbol.weak()),
				"only weak symbols undefined");
		rule(segments(0x6474e551).size() == 1 && (segments(0x6474e551).get(0).flags() & 1) == 0,
				"stack not executable");
		rule(segments(0x6474e552).size() == 1, "RELRO");
		rule(segments(7).isEmpty(), "no TLS segment");
		rule(segments(1).stream().noneMatch((segment) -> (segment.flags() & 3) == 3),
				"no segment writable and executable");
	}

	private List<Segment> segments(int type) {
		return this.file.segments().stream().filter((segment) -> segment.type() == type).toList();
	}

	private void checkDescriptors() {
		List<Descriptor> descriptors = descriptors(this.file);
		rule(descriptors.size() >= 26, "descriptors of two adds, two records, their buckets, each by CPU and by"
				+ " concurrency id, of the retries and two of the self-test");
		Section section = this.file.section("__rseq_cs").orElseThrow();
		rule(section.address() % DESCRIPTOR_BYTES == 0 && section.size() % DESCRIPTOR_BYTES == 0,
				"descriptors aligned");
		checkPointers(descriptors);
		descriptors.forEach(this::checkDescriptor);
	}

	/*
	 * Debuggers find the sections by this array.
	 */
	private void checkPointers(List<Descriptor> descriptors) {
		Section array = this.file.section("__rseq_cs_ptr_array").orElseThrow();
		Map<Long, Relocation> relocations = relativeRelocations(this.file);
		List<Long> pointers = new ArrayList<>();
		for (long at = array.address(); at < array.address() + array.size(); at += Long.BYTES) {
			pointers.add(addend(relocations, at));
		}
		rule(pointers.equals(descriptors.stream().map(Descriptor::address).toList()), "a pointer to each descriptor");
	}

	private void checkDescriptor(Descriptor descriptor) {
		boolean x86 = this.file.machine() == ElfFile.X86_64;
		Section text = this.file.section(".text").orElseThrow();
		rule(descriptor.version() == 0 && descriptor.flags() == 0, "version and flags 0");
		long start = descriptor.start();
		long end = start + descriptor.length();
		if (!text.contains(start) || !text.contains(end) || !text.contains(descriptor.abort())) {
			rule(false, "start, end and abort relocated and in .text");
			return;
		}
		rule(descriptor.abort() < start || descriptor.abort() >= end, "abort outside the section");
		rule(this.file.word(descriptor.abort() - 4) == (x86 ? 0x53053053 : 0xd428bc00), "signature before abort");
		// x86-64: mov %rax,%fs:8(%rcx), aarch64: str x9,[x11,#8]
		String arming = x86 ? "6448894108" : "690500f9";
		rule(HexFormat.of().formatHex(this.file.code(start - arming.length() / 2, start)).equals(arming),
				"the store that arms directly before start");
		if (this.armed) {
			if (end == start) {
				rule(false, "a range that is not empty");
				return;
			}
			checkCode(x86, this.file.code(start, end));
		}
		else {
			rule(end == start, "an empty range");
		}
	}

	private void checkCode(boolean x86, byte[] code) {
		List<Decoded> instructions = decode(x86, code);
		if (instructions == null) {
			rule(false, "only known instructions: " + HexFormat.of().formatHex(code));
			return;
		}
		Decoded first = instructions.get(0);
		Decoded last = instructions.get(instructions.size() - 1);
		rule(instructions.stream().filter((next) -> next.is("store")).count() == 1, "one store");
		// The canary of the self-test looks after its mark last.
		rule(last.is("look") || last.is("store"), "the store last");
		rule(first.instruction().text().contains("4(%rcx)") || first.instruction().text().contains("#4]"),
				"the CPU read first");
		checkJumps(x86, code.length, instructions);
		if (instructions.stream().anyMatch((next) -> next.is("copy") || next.is("past"))) {
			checkRecord(instructions);
		}
	}

	private void checkJumps(boolean x86, int length, List<Decoded> instructions) {
		boolean written = false;
		for (Decoded next : instructions) {
			written |= next.instruction().writes();
			if (next.is("jump")) {
				int target = next.target(x86);
				boolean inside = instructions.stream().anyMatch((candidate) -> candidate.at() == target);
				rule(inside || !written && (target < 0 || target > length),
						"jumps to an instruction inside, or out before anything is written");
			}
		}
	}

	/*
	 * What a record section stores before its commit: past epochs, then the copy that is
	 * not the active one, each word once.
	 */
	private void checkRecord(List<Decoded> instructions) {
		List<String> stores = instructions.stream()
			.map((next) -> next.instruction().text())
			.filter((text) -> text.matches("(flip|copy|past|next|store) .*"))
			.map((text) -> text.replaceFirst("(copy \\w+|\\w+) .*", "$1"))
			.dropWhile("past"::equals)
			.toList();
		rule(stores.equals(List.of("flip", "copy total", "copy max", "copy epoch", "next", "store")),
				"the inactive copy before the commit");
	}

	private static List<Decoded> decode(boolean x86, byte[] code) {
		String digits = HexFormat.of().formatHex(x86 ? code : bigEndian(code));
		List<Decoded> instructions = new ArrayList<>();
		int at = 0;
		while (at < digits.length()) {
			String rest = digits.substring(at);
			Instruction next = (x86 ? X86_64 : AARCH64).stream()
				.filter((candidate) -> rest.matches(candidate.pattern() + ".*"))
				.findFirst()
				.orElse(null);
			if (next == null) {
				return null;
			}
			int length = next.pattern().length();
			instructions.add(new Decoded(next, at / 2, rest.substring(0, length)));
			at += length;
		}
		return instructions;
	}

	private static byte[] bigEndian(byte[] words) {
		byte[] swapped = new byte[words.length];
		for (int i = 0; i < words.length; i++) {
			swapped[i ^ 3] = words[i];
		}
		return swapped;
	}

}
