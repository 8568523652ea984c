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
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class PossibleCpusTests {

	@TempDir
	Path directory;

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "0 | 1", "0-1 | 2", "0-127 | 128", "0-3,8-11 | 12", "0,2,4,6 | 7", "3 | 4",
			"8-11,0-3 | 12", "0-8191 | 8192", "0-31:2/4 | 32", "' 0-3\n' | 4" })
	void readsTheKernelsList(String list, int expected) {
		assertThat(PossibleCpus.parse(list)).isEqualTo(expected);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "\n", "-", "0-", "a", "0-x", "0x3", ",", "99999999999", "2147483647", "-1" })
	void refusesWhatIsNoList(String list) {
		assertThatIllegalArgumentException().isThrownBy(() -> PossibleCpus.parse(list));
	}

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

	@Test
	void countsAtLeastTheCpusOfThisMachine() {
		assertThat(PossibleCpus.count()).isGreaterThanOrEqualTo(Runtime.getRuntime().availableProcessors());
	}

}
