package io.github.rseq.control;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Collectors;

import io.github.rseq.Fuzz;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whatever {@code /sys} and {@code /proc} hold: nothing throws, and what can't be is not
 * believed.
 */
class MachineFilesFuzzTests {

	private static final int RUNS = 3000;

	// Laptops and servers, machines with CPUs offline or never there, containers.
	private static final List<String> LISTS = List.of("0-1\n", "0\n", "0-127\n", "0,2,4,6\n", "0-3,8-11\n",
			"0-15,128-143\n", "0-8191\n", "62-63\n", "\n", "", "0-31:2/4\n", "0-999999999\n", "0-63,65-127,130\n");

	private static final List<String> STATUS = List.of(
			"Name:\tjava\nSeccomp:\t0\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\nMems_allowed_list:\t0\n",
			"Name:\tjava\nSeccomp:\t2\nCpus_allowed:\tc0000000,00000000\nCpus_allowed_list:\t62-63\n",
			"Name:\tjava\nCpus_allowed_list:\t0-3,8-11\n", "Name:\tjava\n", "");

	private static final List<String> NAMES = List.of("cpu0", "cpu1", "cpu17", "cpu8191", "cpufreq", "cpuidle", "node0",
			"node1", "node63", "possible", "online", "has_cpu");

	@TempDir
	Path directory;

	@Test
	void aListIsReadOrRefused() {
		Fuzz.run(10 * RUNS, (fuzz) -> {
			try {
				CpuList list = CpuList.parse(fuzz.text(LISTS));
				assertThat(list.ranges()).isNotEmpty()
					.allMatch((range) -> range.first() >= 0 && range.first() <= range.last());
				assertThat(list.highest()).isBetween(0, 999_999_999);
			}
			catch (IllegalArgumentException ex) {
				// refused, as its method says
			}
		});
	}

	@Test
	void aListThatTheKernelWritesIsReadAsItWasMeant() {
		Fuzz.run(RUNS, (fuzz) -> {
			BitSet cpus = new BitSet();
			for (int i = 1 + fuzz.below(20); i > 0; i--) {
				int first = fuzz.below(500);
				cpus.set(first, first + 1 + fuzz.below(40));
			}
			BitSet read = new BitSet();
			CpuList list = CpuList.parse(written(cpus) + "\n");
			list.ranges().forEach((range) -> read.set(range.first(), range.last() + 1));
			assertThat(read).isEqualTo(cpus);
			assertThat(list.highest()).isEqualTo(cpus.length() - 1);
		});
	}

	private static String written(BitSet cpus) {
		return cpus.stream()
			.filter((cpu) -> cpu == 0 || !cpus.get(cpu - 1))
			.mapToObj((first) -> (cpus.nextClearBit(first) == first + 1) ? Integer.toString(first)
					: first + "-" + (cpus.nextClearBit(first) - 1))
			.collect(Collectors.joining(","));
	}

	@Test
	void rowsAreCountedWhateverIsThere() {
		Fuzz.run(RUNS / 10, (fuzz) -> {
			Path machine = machine(fuzz);
			int atLeast = 1 + fuzz.below(4);
			assertThat(PossibleCpus.count(machine, atLeast)).isBetween(atLeast, 1_000_000_000);
			assertThat(PossibleCpus.countAllowed(status(fuzz))).isBetween(0, 1_000_000_000);
		});
	}

	@Test
	void nodesAreReadWhateverIsThere() {
		Fuzz.run(RUNS / 10, (fuzz) -> {
			int cpus = 1 + fuzz.below(200);
			assertThat(NumaNodes.read(machine(fuzz), cpus)).allSatisfy((cpu, node) -> {
				assertThat(cpu).isBetween(0, cpus - 1);
				assertThat(node).isNotNegative();
			});
		});
	}

	/*
	 * A directory with files where there should be directories, and the other way round.
	 */
	private Path machine(Fuzz fuzz) {
		try {
			Path machine = Files.createTempDirectory(this.directory, "machine");
			for (int i = fuzz.below(8); i > 0; i--) {
				String name = fuzz.oneIn(3) ? fuzz.text(NAMES).replaceAll("[^a-z0-9]", "") : fuzz.pick(NAMES);
				Path entry = machine.resolve(name.isEmpty() || name.length() > 200 ? "x" : name);
				if (Files.exists(entry)) {
					continue;
				}
				boolean file = fuzz.oneIn(3);
				Files.write(file ? entry : Files.createDirectory(entry).resolve("cpulist"), fuzz.bytes(LISTS));
			}
			return machine;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private Path status(Fuzz fuzz) {
		try {
			return Files.write(this.directory.resolve("status"), fuzz.bytes(STATUS));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
