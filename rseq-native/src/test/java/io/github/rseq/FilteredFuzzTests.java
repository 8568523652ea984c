package io.github.rseq;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whether a seccomp filter is told, whatever {@code /proc/self/status} holds.
 */
class FilteredFuzzTests {

	private static final List<String> STATUS = List.of("Name:\tjava\nSeccomp:\t0\nSeccomp_filters:\t0\n",
			"Name:\tjava\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n", "Seccomp:\t2\n", "");

	@TempDir
	Path directory;

	@Test
	void isToldByItsLineOnly() {
		Path file = this.directory.resolve("status");
		Fuzz.run(1000, (fuzz) -> {
			byte[] content = fuzz.bytes(STATUS);
			try {
				Files.write(file, content);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
			if (Probe.isFiltered(file)) {
				assertThat(new String(content, StandardCharsets.UTF_8).lines()).contains("Seccomp:\t2");
			}
		});
	}

	@Test
	void isNotToldWhereThereIsNoProc() {
		assertThat(Probe.isFiltered(this.directory.resolve("status"))).isFalse();
	}

}
