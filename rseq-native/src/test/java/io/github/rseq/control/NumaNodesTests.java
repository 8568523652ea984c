package io.github.rseq.control;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

class NumaNodesTests {

	@TempDir
	Path directory;

	@Test
	void tellsTheNodeOfEachCpu() throws IOException {
		node("node0", "0-1,4\n");
		node("node1", "2-3,5\n");
		assertThat(NumaNodes.read(this.directory, 6)).isEqualTo(Map.of(0, 0, 1, 0, 2, 1, 3, 1, 4, 0, 5, 1));
	}

	@Test
	void leavesOutCpusThatAreOfflineOrHaveNoRow() throws IOException {
		node("node0", "0,2-9\n");
		assertThat(NumaNodes.read(this.directory, 4)).containsExactly(entry(0, 0), entry(2, 0), entry(3, 0));
	}

	@Test
	void leavesOutNodesWithoutCpus() throws IOException {
		node("node0", "0\n");
		node("node1", "\n");
		Files.createDirectory(this.directory.resolve("node2"));
		Files.createDirectories(this.directory.resolve("node3/cpulist"));
		node("node1x", "1\n");
		Files.writeString(this.directory.resolve("node4"), "1");
		assertThat(NumaNodes.read(this.directory, 8)).containsExactly(entry(0, 0));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "garbage", "3-1", "0-99999999999", "-1" })
	void leavesOutWhatIsNoList(String list) throws IOException {
		node("node0", list);
		node("node1", "1\n");
		assertThat(NumaNodes.read(this.directory, 8)).containsExactly(entry(1, 1));
	}

	@Test
	void aHugeListEndsAtTheRows() throws IOException {
		node("node0", "0-999999999\n");
		assertThat(NumaNodes.read(this.directory, 3)).containsOnlyKeys(0, 1, 2);
	}

	@Test
	void isEmptyWhereTheDirectoryIsMasked() {
		assertThat(NumaNodes.read(this.directory, 8)).isEmpty();
		assertThat(NumaNodes.read(this.directory.resolve("none"), 8)).isEmpty();
	}

	@Test
	void knowsTheOnlineCpusOfThisMachine() throws IOException {
		assumeTrue(Files.exists(Path.of("/sys/devices/system/node/node0")), "This kernel shows no NUMA nodes");
		int cpus = CpuList.parse(Files.readString(Path.of("/sys/devices/system/cpu/online"))).highest() + 1;
		assertThat(NumaNodes.read(cpus)).containsKey(cpus - 1);
	}

	private void node(String name, String list) throws IOException {
		Files.writeString(Files.createDirectory(this.directory.resolve(name)).resolve("cpulist"), list);
	}

}
