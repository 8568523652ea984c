package io.github.rseq.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Properties;

import javax.xml.parsers.DocumentBuilderFactory;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * Tests for {@link CountersPage}, {@link TimersPage} and what they are made of, on
 * figures made up.
 */
class ReportTests {

	@TempDir
	Path directory;

	private final Properties machine = new Properties();

	@BeforeEach
	void setUp() {
		this.machine.setProperty("cpus", "2");
		this.machine.setProperty("cpu", "R&D <processor>");
	}

	@Test
	void nanosAreOfOneCpu() throws IOException {
		measured("jdk25", 1, 1, "IncrementBenchmark.longAdder", 0.5);
		measured("jdk25", 8, 1, "IncrementBenchmark.longAdder", 0.5);
		Samples samples = Samples.read(this.directory, 2);
		assertThat(samples.nanos("jdk25", 1, "IncrementBenchmark.longAdder")).hasValue(new Figure(2, 2, 2));
		assertThat(samples.nanos("jdk25", 8, "IncrementBenchmark.longAdder")).hasValue(new Figure(4, 4, 4));
	}

	@Test
	void disturbedIterationDoesNotCount() throws IOException {
		measured("jdk25", 1, 1, "IncrementBenchmark.longAdder", 0.5, 0.001, 0.5);
		assertThat(Samples.read(this.directory, 2).nanos("jdk25", 1, "IncrementBenchmark.longAdder"))
			.hasValue(new Figure(2, 2, 2));
	}

	@Test
	void ratioIsTakenWithinRounds() throws IOException {
		for (int round = 1; round <= 3; round++) {
			measured("jdk25", 1, round, "IncrementBenchmark.stockPrometheus", 0.1 * round);
			measured("jdk25", 1, round, "IncrementBenchmark.ourPrometheus", 0.4 * round);
		}
		Figure ratio = Samples.read(this.directory, 2)
			.ratio("jdk25", 1, "IncrementBenchmark.stockPrometheus", "IncrementBenchmark.ourPrometheus")
			.orElseThrow();
		assertThat(ratio.min()).isCloseTo(4, within(1e-9));
		assertThat(ratio.max()).isCloseTo(4, within(1e-9));
	}

	@Test
	void slowerIsMarkedAndTold() throws IOException {
		measured("jdk25", 1, 1, "IncrementBenchmark.stockPrometheus", 0.5);
		measured("jdk25", 1, 1, "IncrementBenchmark.ourPrometheus", 0.4);
		assertThat(markdown()).contains("| 0.80 **missed** **slower** | – | – | at least 3.0 |")
			.contains("1 thread, **our Prometheus counter** `increment()`: Micrometer Prometheus counter takes 0.80");
	}

	@Test
	void fasterIsNotMarked() throws IOException {
		measured("jdk25", 1, 1, "IncrementBenchmark.stockPrometheus", 0.1);
		measured("jdk25", 1, 1, "IncrementBenchmark.ourPrometheus", 0.4);
		assertThat(markdown()).contains("| 4.00 | – | – | at least 3.0 |").contains("Nowhere in this run.");
	}

	@Test
	void missedGoalIsMarkedAlthoughFaster() throws IOException {
		measured("jdk25", 2, 1, "AddHalfBenchmark.stockPrometheus", 0.2);
		measured("jdk25", 2, 1, "AddHalfBenchmark.ourPrometheus", 0.4);
		assertThat(markdown()).contains("| – | 2.00 **missed** | – | at least 2.5 |");
	}

	@Test
	void timerGoalDependsOnThreads() throws IOException {
		for (int threads : new int[] { 1, 2, 8 }) {
			measured("jdk25", threads, 1, "HistogramBenchmark.stockPrometheus", 0.01);
			measured("jdk25", threads, 1, "HistogramBenchmark.ourPrometheus", 0.1);
		}
		assertThat(timers()).contains("| 10.0 | 10.0 **missed** | 10.0 | at least 8.0 / 15.0 |");
	}

	@Test
	void timerThatIsSlowerThanOthersIsTold() throws IOException {
		measured("jdk25", 2, 1, "SloBucketsBenchmark.clientJava", 0.5);
		measured("jdk25", 2, 1, "SloBucketsBenchmark.ourPrometheus", 0.4);
		assertThat(timers()).contains("**ours, Prometheus**: Prometheus client_java Histogram takes 0.80 of it.");
	}

	@Test
	void allocationOfTheHarnessCountsAsNothing() throws IOException {
		allocated("TimerBenchmark.empty", 1, 0.01);
		// Ten times as long, so ten times as much of it is the harness's.
		allocated("TimerBenchmark.ourPrometheus", 0.1, 0.1);
		assertThat(timers()).contains("| **ours, Prometheus** | `Timer.record(nanos)` | 0 | 0.1000 | 0.1000 |");
	}

	@Test
	void allocationIsMarked() throws IOException {
		allocated("TimerBenchmark.empty", 1, 0.01);
		allocated("TimerBenchmark.ourPrometheus", 0.1, 16.1);
		assertThat(timers()).contains("| `Timer.record(nanos)` | 16.00 **missed** | 16.1000 | 0.1000 |");
	}

	@Test
	void timersPlotIsWellFormed() throws Exception {
		measured("jdk25", 1, 1, "TimerBenchmark.stockPrometheus", 0.1);
		measured("jdk25", 1, 1, "PercentilesBenchmark.ourPrometheus", 0.4);
		Path file = this.directory.resolve("timers.svg");
		Files.writeString(file, TimersPage.plot(Samples.read(this.directory, 2), this.machine));
		assertThat(DocumentBuilderFactory.newInstance()
			.newDocumentBuilder()
			.parse(file.toFile())
			.getElementsByTagName("circle")
			.getLength()).isEqualTo(3);
	}

	@Test
	void plotIsWellFormed() throws Exception {
		measured("jdk25", 1, 1, "IncrementBenchmark.stockPrometheus", 0.1);
		measured("jdk25", 8, 1, "IncrementBenchmark.ourPrometheus", 0.4);
		Path file = this.directory.resolve("plot.svg");
		Files.writeString(file, CountersPage.plot(Samples.read(this.directory, 2), this.machine));
		assertThat(DocumentBuilderFactory.newInstance()
			.newDocumentBuilder()
			.parse(file.toFile())
			.getElementsByTagName("circle")
			.getLength()).isEqualTo(2);
	}

	private String markdown() throws IOException {
		return CountersPage.markdown(Samples.read(this.directory, 2), this.machine, new Properties());
	}

	private String timers() throws IOException {
		return TimersPage.markdown(Samples.read(this.directory, 2), this.machine, new Properties());
	}

	private void measured(String scenario, int threads, int round, String benchmark, double... throughput)
			throws IOException {
		write(scenario, threads, round, benchmark, Arrays.toString(throughput), "");
	}

	private void allocated(String benchmark, double throughput, double bytes) throws IOException {
		write("allocation", 1, 1, benchmark, "[" + throughput + "]",
				"\"gc.alloc.rate.norm\": {\"score\": " + bytes + "}");
	}

	private void write(String scenario, int threads, int round, String benchmark, String throughput, String secondary)
			throws IOException {
		Path file = this.directory.resolve(scenario).resolve(Integer.toString(threads)).resolve(round + ".json");
		Files.createDirectories(file.getParent());
		StringBuilder json = new StringBuilder(Files.exists(file) ? Files.readString(file).replaceAll("]$", ",") : "[");
		json.append("""
				{"benchmark": "io.github.rseq.benchmarks.%s", "threads": %d, "jdkVersion": "25.0.1",
				"primaryMetric": {"rawData": [%s]}, "secondaryMetrics": {%s}}]""".formatted(benchmark, threads,
				throughput, secondary));
		Files.writeString(file, json);
	}

}
