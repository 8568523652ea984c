package io.github.rseq.control;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class PossibleCpusTests {

	@TempDir
	Path directory;

	@Test
	void takesTheListWhereThereIsOne() throws IOException {
		Files.writeString(this.directory.resolve("possible"), "0-63\n");
		Files.createDirectory(this.directory.resolve("cpu99"));
		assertThat(PossibleCpus.count(this.directory, 2)).isEqualTo(64);
	}

	@Test
	void isAtLeastWhatTheJvmKnows() throws IOException {
		Files.writeString(this.directory.resolve("possible"), "0-1\n");
		assertThat(PossibleCpus.count(this.directory, 8)).isEqualTo(8);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "garbage", "2147483647", "0-99999999999" })
	void countsDirectoriesWhereTheListIsGarbage(String list) throws IOException {
		Files.writeString(this.directory.resolve("possible"), list);
		for (String name : new String[] { "cpu0", "cpu1", "cpu17", "cpufreq", "cpuidle", "cpu3x", "cpu123456789" }) {
			Files.createDirectory(this.directory.resolve(name));
		}
		assertThat(PossibleCpus.count(this.directory, 2)).isEqualTo(18);
	}

	@Test
	void takesWhatTheJvmKnowsWhereTheDirectoryIsMasked() {
		assertThat(PossibleCpus.count(this.directory, 3)).isEqualTo(3);
		assertThat(PossibleCpus.count(this.directory.resolve("none"), 3)).isEqualTo(3);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "'Name:\tjava\nCpus_allowed_list:\t62-63\n' | 64",
					"'Cpus_allowed_list:\t0,2\nMems_allowed_list:\t0-99\n' | 3", "'Cpus_allowed_list:\t\n' | 0",
					"'Cpus_allowed_list:\tgarbage\n' | 0", "'Name:\tjava\n' | 0", "'' | 0" })
	void countsTheCpusThatTheProcessMayRunOn(String status, int expected) throws IOException {
		Path file = Files.writeString(this.directory.resolve("status"), status);
		assertThat(PossibleCpus.countAllowed(file)).isEqualTo(expected);
	}

	@Test
	void countsNoneWhereThereIsNoProc() {
		assertThat(PossibleCpus.countAllowed(this.directory.resolve("status"))).isZero();
	}

	@Test
	void countsAtLeastTheCpusOfThisMachine() {
		assertThat(PossibleCpus.count()).isGreaterThanOrEqualTo(Runtime.getRuntime().availableProcessors());
	}

}
