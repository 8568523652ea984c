package io.github.rseq.control;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * The arithmetic of the record sections agrees with a plain model, on both architectures:
 * {@code src/test/native/sections_model.c}, which needs no kernel that knows rseq and so
 * runs under an emulator, too. Skipped where there is no compiler or no emulator.
 */
class RecordSectionModelTests {

	private static final Path SOURCES = Path.of("src/main/native");

	@TempDir
	private Path directory;

	@ParameterizedTest
	@ValueSource(strings = { "x86_64", "aarch64" })
	void sectionsAgreeWithTheModel(String architecture) throws Exception {
		boolean own = architecture.equals(System.getProperty("os.arch").replace("amd64", "x86_64"));
		String compiler = own ? System.getenv().getOrDefault("CC", "cc") : architecture + "-linux-gnu-gcc";
		assumeTrue(isOnPath(compiler), "There is no compiler '" + compiler + "'");
		String emulator = "qemu-" + architecture + "-static";
		assumeTrue(own || isOnPath(emulator), "There is no emulator '" + emulator + "'");
		Path empty = Files.writeString(this.directory.resolve("empty.c"), "int main(void) { return 0; }\n");
		List<String> compile = List.of(compiler, "-std=c11", "-O1", own ? "-O1" : "-static", "-I" + SOURCES, "-o",
				this.directory.resolve("model").toString());
		assumeTrue(run(compile, empty.toString()).exit() == 0, "'" + compiler + "' links no programs");
		Result compiled = run(compile, "src/test/native/sections_model.c",
				SOURCES.resolve(architecture + "/sections.S").toString(), SOURCES.resolve("fallback.c").toString(),
				SOURCES.resolve("registration.c").toString(), SOURCES.resolve("control.c").toString());
		assertThat(compiled.exit()).as(compiled.output()).isZero();
		String model = this.directory.resolve("model").toString();
		Result result = own ? run(List.of(model)) : run(List.of(emulator), model);
		assertThat(result).isEqualTo(new Result(0, "ok\n"));
	}

	private record Result(int exit, String output) {
	}

	private static Result run(List<String> command, String... arguments) throws IOException, InterruptedException {
		List<String> all = new ArrayList<>(command);
		all.addAll(List.of(arguments));
		Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		return new Result(process.waitFor(), output);
	}

	private static boolean isOnPath(String command) {
		return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
			.anyMatch((directory) -> Files.isExecutable(Path.of(directory, command)));
	}

}
