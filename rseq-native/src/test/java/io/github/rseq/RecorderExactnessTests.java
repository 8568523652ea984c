package io.github.rseq;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.rseq.binding.ForeignCalls;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Records are in count, total, maximum and buckets exactly once, and lines are read in
 * one piece, whatever comes between: {@link StressMain} with {@link RecorderStress}. That
 * it would notice if they weren't is shown by the library whose sections are disarmed.
 */
class RecorderExactnessTests {

	private static final int MILLIS = 1000;

	private static final int ENOUGH_READS = 1_000_000;

	@BeforeEach
	void assumeRseq() {
		RseqAssumptions.useAny();
	}

	@AfterAll
	static void restoreDefaults() {
		Rseq.configure(RseqOptions.DEFAULTS);
	}

	@ParameterizedTest
	@CsvSource({ "FOREIGN, platform", "FOREIGN, virtual", "JNI, platform", "JNA, platform", "NONE, platform" })
	void nothingIsLostUnderStress(Binding binding, String threads) throws Exception {
		if (binding == Binding.FOREIGN) {
			String unsupported = ForeignCalls.unsupported();
			assumeTrue(unsupported == null, unsupported);
		}
		if (threads.equals("virtual")) {
			assumeTrue(Runtime.version().feature() >= 21, "There are no virtual threads before JDK 21");
		}
		Properties result = new ChildJvm(StressMain.class).arguments(binding, "recorders", threads, MILLIS).run();
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("exit", "0")
			.containsEntry("reason", (binding == Binding.NONE) ? "BINDING_NONE" : "null");
		assertDisturbed(result);
		assertThat(number(result, "flips")).isGreaterThan(10);
		assertThat(number(result, "fallback")).as("records that the switch sent to the fallback").isPositive();
		assertExact(result);
		assertThat(number(result, "maximaSought")).as("maxima sought").isGreaterThan(10);
		if (binding != Binding.NONE) {
			assertThat(number(result, "reads")).as("lines read").isGreaterThan(10);
		}
	}

	/**
	 * Undisturbed but for each other, two writers on one CPU and a reader on another get
	 * at the line much more often than under stress.
	 */
	@Test
	void aReaderOnAnotherCpuReadsLinesInOnePiece() throws Exception {
		Linux linux = new Linux();
		int[] cpus = Linux.cpusOf(linux.affinity(0));
		assumeTrue(cpus.length > 1, "There is one CPU only");
		PerCpuLongRecorder longs = new PerCpuLongRecorder(4);
		PerCpuDoubleRecorder doubles = new PerCpuDoubleRecorder(4);
		AtomicBoolean stopped = new AtomicBoolean();
		List<Thread> writers = new ArrayList<>();
		for (int i = 0; i < 2; i++) {
			writers.add(new Thread(() -> {
				linux.affinity(0, Linux.maskOf(cpus[0]));
				for (int n = 0; !stopped.getOpaque(); n++) {
					longs.record(3, n >> 6);
					doubles.record(3, n >> 6);
				}
			}));
		}
		Reads reads = new Reads(longs, doubles, cpus[0]);
		Thread reader = new Thread(() -> {
			linux.affinity(0, Linux.maskOf(cpus[1]));
			while (!stopped.getOpaque()) {
				reads.run();
			}
		});
		writers.forEach(Thread::start);
		reader.start();
		for (int i = 0; i < 20 && reads.done < ENOUGH_READS; i++) {
			Thread.sleep(MILLIS / 2);
		}
		stopped.set(true);
		reader.join();
		for (Thread writer : writers) {
			writer.join();
		}
		assertThat(reads.torn).as("lines torn, of %d", reads.done).isZero();
		assertThat(reads.moved).as("reads that found the line written to since the last").isGreaterThan(100);
	}

	private static final class Reads implements Runnable {

		private final PerCpuLongRecorder longs;

		private final PerCpuDoubleRecorder doubles;

		private final int cpu;

		private long before;

		// By the reader only.
		private volatile long done;

		private long moved;

		private long torn;

		Reads(PerCpuLongRecorder longs, PerCpuDoubleRecorder doubles, int cpu) {
			this.longs = longs;
			this.doubles = doubles;
			this.cpu = cpu;
		}

		@Override
		public void run() {
			this.longs.readLines(0, (cpu, line) -> {
				long max = (line.count > 0) ? 3 : 0;
				check(line.total == 3 * line.count && line.max == max);
				if (cpu == this.cpu) {
					this.moved += (line.count != this.before) ? 1 : 0;
					this.before = line.count;
				}
			});
			this.doubles.readLines(0, (cpu, line) -> {
				double max = (line.count > 0) ? 3 : 0;
				check(Double.longBitsToDouble(line.total) == 3.0 * line.count
						&& Double.longBitsToDouble(line.max) == max);
			});
		}

		private void check(boolean whole) {
			this.done++;
			this.torn += whole ? 0 : 1;
		}

	}

	@Test
	void nothingIsLostOrTornWithLongSections() throws Exception {
		Properties result = below("delayed");
		long operations = number(result, "operations");
		assertThat(number(result, "aborts")).as("aborts").isGreaterThan(10);
		assertThat(number(result, "longs") + number(result, "doubles") + number(result, "refused")).as("count")
			.isEqualTo(2 * operations);
		assertThat(number(result, "longTotal")).as("total of longs").isEqualTo(3 * number(result, "longs"));
		assertThat(number(result, "doubleTotal")).as("total of doubles").isEqualTo(3 * number(result, "doubles"));
		assertBuckets(result, operations);
		assertThat(number(result, "reads")).as("lines read").isGreaterThan(10);
		assertThat(number(result, "torn")).as("lines torn").isZero();
	}

	@Test
	void negativeControlLosesRecordsAndTearsLinesWhereSectionsAreDisarmed() throws Exception {
		Properties result = below("delayed-disarmed");
		assertThat(number(result, "aborts")).as("aborts").isZero();
		assertThat(number(result, "longs") + number(result, "doubles")).as("count")
			.isLessThan(2 * number(result, "operations"));
		assertThat(number(result, "torn")).as("lines torn").isPositive();
	}

	private static Properties below(String variant) throws Exception {
		Path library = ExactnessTests.testLibrary(variant);
		Binding binding = (ForeignCalls.unsupported() == null) ? Binding.FOREIGN : Binding.JNA;
		Properties result = new ChildJvm(StressMain.class)
			.arguments(binding, "lines:" + library, "platform", 2 * MILLIS)
			.run();
		assertThat(result).as(result.getProperty("output")).containsEntry("exit", "0");
		assertDisturbed(result);
		return result;
	}

	static void assertExact(Properties result) {
		long operations = number(result, "operations");
		assertThat(number(result, "longs")).as("count of longs").isEqualTo(operations);
		assertThat(number(result, "longTotal")).as("total of longs").isEqualTo(3 * operations);
		assertThat(number(result, "doubles")).as("count of doubles").isEqualTo(operations);
		assertThat(number(result, "doubleTotal")).as("total of doubles").isEqualTo(3 * operations);
		assertThat(number(result, "falling")).as("count of falling values")
			.isEqualTo(operations + number(result, "own"));
		assertBuckets(result, operations);
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("bucketsEqual", "true")
			.containsEntry("torn", "0")
			.containsEntry("backwards", "0")
			.containsEntry("bucketsBehind", "0")
			.containsEntry("maximaMissed", "0");
	}

	private static void assertBuckets(Properties result, long expected) {
		for (String name : new String[] { "longBuckets", "doubleBuckets", "doubleBuckets2" }) {
			assertThat(number(result, name)).as(name).isEqualTo(expected);
		}
	}

	private static void assertDisturbed(Properties result) {
		for (String name : new String[] { "operations", "moves", "signals" }) {
			assertThat(number(result, name)).as(name).isGreaterThan(100);
		}
		assertThat(number(result, "epochs")).as("epochs").isGreaterThan(10);
	}

	private static long number(Properties result, String name) {
		return Long.parseLong(result.getProperty(name));
	}

}
