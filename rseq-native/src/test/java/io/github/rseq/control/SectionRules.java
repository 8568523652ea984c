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
			new Instruction("3b05........", "cmp percpu_cpu_count(%rip),%eax"), new Instruction("73..", "jae"),
			new Instruction("0f83........", "jae"), new Instruction("48c1e010", "shl $16,%rax"),
			new Instruction("48013407", "store add %rsi,(%rdi,%rax)"),
			new Instruction("f20f100c07", "movsd (%rdi,%rax),%xmm1"), new Instruction("f20f58c8", "addsd %xmm0,%xmm1"),
			new Instruction("f20f110c07", "store movsd %xmm1,(%rdi,%rax)"),
			new Instruction("488937", "store mov %rsi,(%rdi)"), new Instruction("48ffca", "dec %rdx"),
			new Instruction("75fb", "jne back"), new Instruction("488b07", "mov (%rdi),%rax"),
			new Instruction("41bb........", "mov $n,%r11d"), new Instruction("41ffcb", "dec %r11d"),
			new Instruction("4c8b1c07", "mov (%rdi,%rax),%r11"), new Instruction("4901f3", "add %rsi,%r11"),
			new Instruction("4c891c07", "store mov %r11,(%rdi,%rax)"));

	/**
	 * The same on aarch64, words as they are read, most significant digit first.
	 */
	private static final List<Instruction> AARCH64 = List.of(new Instruction("b9400569", "ldr w9,[x11,#4]"),
			new Instruction("6b0c013f", "cmp w9,w12"), new Instruction("5400...2", "b.hs"),
			new Instruction("8b09400a", "add x10,x0,x9,lsl #16"), new Instruction("f940014d", "ldr x13,[x10]"),
			new Instruction("8b0101ad", "add x13,x13,x1"), new Instruction("f900014d", "store str x13,[x10]"),
			new Instruction("fd400141", "ldr d1,[x10]"), new Instruction("1e602821", "fadd d1,d1,d0"),
			new Instruction("fd000141", "store str d1,[x10]"), new Instruction("f9000001", "store str x1,[x0]"),
			new Instruction("f1000442", "subs x2,x2,#1"), new Instruction("54ffffe1", "b.ne back"),
			new Instruction("f940000d", "ldr x13,[x0]"), new Instruction("52.....e", "mov w14,#n"),
			new Instruction("710005ce", "subs w14,w14,#1"));

	private final ElfFile file;

	private final boolean armed;

	private final List<String> broken = new ArrayList<>();

	private SectionRules(ElfFile file, boolean armed) {
		this.file = file;
		this.armed = armed;
	}

	private record Instruction(String pattern, String text) {

		boolean isStore() {
			return this.text.startsWith("store");
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
		rule(descriptors.size() >= 5, "descriptors of two adds, their retries and the canary");
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
		List<Instruction> instructions = decode(x86, code);
		if (instructions == null) {
			rule(false, "only known instructions: " + HexFormat.of().formatHex(code));
			return;
		}
		long stores = instructions.stream().filter(Instruction::isStore).count();
		rule(stores == 1, "one store");
		// The canary of the self-test stores first, and looks after its mark last.
		boolean canary = instructions.get(0).isStore();
		rule(canary || instructions.get(instructions.size() - 1).isStore(), "the store last");
		rule(canary || instructions.get(0).text().contains("4(%rcx)") || instructions.get(0).text().contains("#4]"),
				"the CPU read first");
	}

	private static List<Instruction> decode(boolean x86, byte[] code) {
		String digits = HexFormat.of().formatHex(x86 ? code : bigEndian(code));
		List<Instruction> instructions = new ArrayList<>();
		while (!digits.isEmpty()) {
			String rest = digits;
			Instruction next = (x86 ? X86_64 : AARCH64).stream()
				.filter((candidate) -> rest.matches(candidate.pattern() + ".*"))
				.findFirst()
				.orElse(null);
			if (next == null) {
				return null;
			}
			instructions.add(next);
			digits = digits.substring(next.pattern().length());
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
