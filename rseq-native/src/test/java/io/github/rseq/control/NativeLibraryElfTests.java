package io.github.rseq.control;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * The built libraries keep the rules of critical sections, and a library that breaks one
 * is found out.
 */
class NativeLibraryElfTests {

	private static final String PRODUCTION = "production";

	private static byte[] library(String architecture, String variant) throws IOException {
		if (variant.equals(PRODUCTION)) {
			String name = "/io/github/rseq/native/linux-" + architecture + "/libpercpu_rseq.so";
			try (InputStream in = LibraryFile.class.getResourceAsStream(name)) {
				assumeTrue(in != null, "No library was built for " + architecture + ": there was no compiler");
				return in.readAllBytes();
			}
		}
		Path file = Path.of("target/native-test/linux-" + architecture + "/libpercpu_rseq-" + variant + ".so");
		assumeTrue(Files.exists(file), "No library was built for " + architecture + ": there was no compiler");
		return Files.readAllBytes(file);
	}

	static Stream<Arguments> variants() {
		return Stream.of("x86_64", "aarch64")
			.flatMap((architecture) -> Stream.of(PRODUCTION, "disarmed", "delayed", "delayed-disarmed")
				.map((variant) -> Arguments.of(architecture, variant)));
	}

	@ParameterizedTest
	@MethodSource("variants")
	void builtLibraryKeepsTheRules(String architecture, String variant) throws IOException {
		byte[] library = library(architecture, variant);
		assertThat(new ElfFile(library).machine())
			.isEqualTo(architecture.equals("x86_64") ? ElfFile.X86_64 : ElfFile.AARCH64);
		assertThat(SectionRules.brokenIn(library, !variant.contains("disarmed"))).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "x86_64", "aarch64" })
	void disassemblerSeesNoCallInSections(String architecture) throws IOException, InterruptedException {
		Path file = Files.createTempFile("percpu", ".so");
		try {
			byte[] library = library(architecture, PRODUCTION);
			Files.write(file, library);
			String disassembler = architecture.equals(System.getProperty("os.arch").replace("amd64", "x86_64"))
					? "objdump" : architecture + "-linux-gnu-objdump";
			assumeTrue(isOnPath(disassembler), "There is no " + disassembler);
			for (SectionRules.Descriptor section : SectionRules.descriptors(new ElfFile(library))) {
				Process process = new ProcessBuilder(disassembler, "-d", "--no-show-raw-insn",
						"--start-address=" + section.start(), "--stop-address=" + (section.start() + section.length()),
						file.toString())
					.redirectErrorStream(true)
					.start();
				String listing = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
				assertThat(process.waitFor()).as(listing).isZero();
				List<String> instructions = listing.lines()
					.filter((line) -> line.matches("\\s+[0-9a-f]+:\\s.*"))
					.map((line) -> line.replaceFirst("\\s+[0-9a-f]+:\\s+", ""))
					.toList();
				// That of the self-test's mark: a comparison with the CPU, a jump, a
				// store.
				assertThat(instructions).hasSizeGreaterThanOrEqualTo(3);
				assertThat(instructions.get(0)).matches(".*(%fs:0x4\\(%rcx\\)|\\[x11, #4\\]).*");
				assertThat(instructions).noneMatch((instruction) -> instruction
					.matches("(call|syscall|sysenter|int|ret|jmp\\s+\\*|bl|blr|br|svc|lock|xchg|ldxr|stxr|(bad)).*"));
			}
		}
		finally {
			Files.delete(file);
		}
	}

	private static boolean isOnPath(String command) {
		return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
			.anyMatch((directory) -> Files.isExecutable(Path.of(directory, command)));
	}

	static Stream<Arguments> damages() {
		return Stream.of("x86_64", "aarch64")
			.flatMap((architecture) -> Stream.of(
					damage(architecture, "signature before abort", (copy) -> copy.putInt(copy.first().abort() - 4, 0)),
					damage(architecture, "version and flags 0", (copy) -> copy.putInt(copy.first().address() + 4, 1)),
					damage(architecture, "abort outside the section",
							(copy) -> copy.putInt(copy.first().address() + 16,
									(int) (copy.first().abort() - copy.first().start()) + 4)),
					damage(architecture, "a range that is not empty",
							(copy) -> copy.putInt(copy.first().address() + 16, 0)),
					damage(architecture, "the store that arms directly before start",
							(copy) -> copy.putInt(copy.first().start() - 4, 0x90909090)),
					damage(architecture, "start, end and abort relocated and in .text",
							(copy) -> copy.putInt(copy.first().address() + 16, 1 << 20)),
					// x86-64: call; aarch64: bl
					damage(architecture, "only known instructions",
							(copy) -> copy.putInt(copy.first().start(),
									architecture.equals("x86_64") ? 0xe8 : 0x94000000)),
					damage(architecture, "the store last",
							(copy) -> copy.putInt(copy.first().address() + 16, (int) copy.first().length() - 4)),
					// The copy that is active, in place of the other one.
					damage(architecture, "the inactive copy before the commit",
							(copy) -> copy.replace(6, architecture.equals("x86_64") ? "4183f201" : "ce0140d2",
									architecture.equals("x86_64") ? "4183e201" : "ae014092")),
					damage(architecture, "jumps to an instruction inside",
							(copy) -> copy.replace(10, architecture.equals("x86_64") ? "ffcbebe8" : "faffff17",
									architecture.equals("x86_64") ? "ffcbebe7" : "00ffff17")),
					damage(architecture, "jumps to an instruction inside",
							(copy) -> copy.replace(10, architecture.equals("x86_64") ? "85db7414" : "e5000034",
									architecture.equals("x86_64") ? "85db747f" : "e50f0034")),
					damage(architecture, "DF_1_NODELETE", (copy) -> copy.dynamic(0x6ffffffbL, 1, 0)),
					damage(architecture, "no DT_NEEDED", (copy) -> copy.dynamic(0x6ffffffbL, 0, 1)),
					damage(architecture, "no text relocations", (copy) -> copy.dynamic(0x6ffffffbL, 0, 22)),
					damage(architecture, "soname", (copy) -> copy.dynamic(14, 1, 1)),
					damage(architecture, "stack not executable", Copy::makeStackExecutable)));
	}

	private static Arguments damage(String architecture, String rule, Consumer<Copy> damage) {
		return Arguments.of(architecture, rule, damage);
	}

	@ParameterizedTest(name = "{0}: {1}")
	@MethodSource("damages")
	void damagedLibraryIsFoundOut(String architecture, String rule, Consumer<Copy> damage) throws IOException {
		Copy copy = new Copy(library(architecture, PRODUCTION));
		damage.accept(copy);
		assertThat(SectionRules.brokenIn(copy.bytes.array(), true)).anyMatch((broken) -> broken.startsWith(rule));
	}

	@ParameterizedTest
	@ValueSource(strings = { "x86_64", "aarch64" })
	void disarmedLibraryIsFoundOut(String architecture) throws IOException {
		assertThat(SectionRules.brokenIn(library(architecture, "disarmed"), true)).hasSize(26)
			.containsOnly("a range that is not empty");
	}

	/**
	 * A copy of a library, to be damaged.
	 */
	private static final class Copy {

		private final ByteBuffer bytes;

		private final ElfFile file;

		Copy(byte[] content) {
			this.bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
			this.file = new ElfFile(content);
		}

		SectionRules.Descriptor first() {
			return SectionRules.descriptors(this.file).get(0);
		}

		void putInt(long address, int value) {
			this.bytes.putInt(this.file.offset(address), value);
		}

		/**
		 * Replaces code that is there once in a section, of the same length.
		 */
		void replace(int section, String code, String damaged) {
			SectionRules.Descriptor descriptor = SectionRules.descriptors(this.file).get(section);
			String digits = HexFormat.of()
				.formatHex(this.file.code(descriptor.start(), descriptor.start() + descriptor.length()));
			int at = digits.indexOf(code);
			assertThat(at).as(digits).isNotNegative();
			this.bytes.put(this.file.offset(descriptor.start()) + at / 2, HexFormat.of().parseHex(damaged));
		}

		/**
		 * Writes to the entry of a tag: its tag (word 0) or its value (word 1).
		 */
		void dynamic(long tag, int word, long value) {
			int at = this.file.section(".dynamic").orElseThrow().offset();
			while (this.bytes.getLong(at) != tag) {
				at += 16;
			}
			this.bytes.putLong(at + word * Long.BYTES, value);
		}

		void makeStackExecutable() {
			int at = (int) this.bytes.getLong(32);
			while (this.bytes.getInt(at) != 0x6474e551) {
				at += 56;
			}
			this.bytes.putInt(at + 4, 7);
		}

	}

}
