package io.github.rseq;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;

import io.github.rseq.PerCpuRecorder.Reading;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * What the recorders promise, the same for every binding.
 */
@ParameterizedClass
@EnumSource(Binding.class)
class PerCpuRecorderContractTests {

	private static final String JAVA = "java";

	private final Binding binding;

	PerCpuRecorderContractTests(Binding binding) {
		this.binding = binding;
	}

	@BeforeEach
	void useBinding() {
		RseqAssumptions.use(this.binding);
	}

	@AfterAll
	static void restoreDefaults() {
		Rseq.configure(TestMode.current().options());
	}

	private boolean isNative() {
		return this.binding != Binding.NONE;
	}

	@Test
	void startsAtZero() {
		for (PerCpuRecorder recorder : List.of(new PerCpuLongRecorder(1), new PerCpuDoubleRecorder(4))) {
			assertThat(recorder.read(0)).isEqualTo(new Reading(0, 0, 0));
			assertThat(recorder.read(1000)).isEqualTo(new Reading(0, 0, 0));
			assertThat(recorder.fallbackCount()).isZero();
			assertThat(recorder.countPerCpu()).hasSize(isNative() ? Rseq.status().cpus().possible() : 0);
			assertThat(LongStream.of(recorder.countPerCpu()).sum()).isZero();
		}
		assertThat(new PerCpuLongRecorder(3).window()).isEqualTo(3);
	}

	@Test
	void windowMustBePositive() {
		assertThatIllegalArgumentException().isThrownBy(() -> new PerCpuLongRecorder(0));
		assertThatIllegalArgumentException().isThrownBy(() -> new PerCpuDoubleRecorder(-1));
	}

	@Test
	void takesCountTotalAndMaximum() {
		PerCpuLongRecorder longs = new PerCpuLongRecorder(3);
		PerCpuDoubleRecorder doubles = new PerCpuDoubleRecorder(3);
		for (int i = 1; i <= 1000; i++) {
			longs.record(i, 0);
			doubles.record(i + 0.5, 0);
		}
		longs.record(0, 0);
		doubles.record(0, 0);
		assertThat(longs.read(0)).isEqualTo(new Reading(1001, 500_500, 1000));
		assertThat(doubles.read(0)).isEqualTo(new Reading(1001, 501_000, 1000.5));
	}

	@Test
	void maximumLeavesWithItsWindow() {
		PerCpuLongRecorder longs = new PerCpuLongRecorder(3);
		PerCpuDoubleRecorder doubles = new PerCpuDoubleRecorder(3);
		long[] values = { 9, 5, 7, 1, 2 };
		for (int epoch = 0; epoch < values.length; epoch++) {
			longs.record(values[epoch], epoch);
			doubles.record(values[epoch], epoch);
		}
		// The window reaches to epoch 2 still, then to 3, then to 4.
		for (PerCpuRecorder recorder : List.of(longs, doubles)) {
			assertThat(recorder.read(4).max()).isEqualTo(7);
			assertThat(recorder.read(5).max()).isEqualTo(2);
			assertThat(recorder.read(6).max()).isEqualTo(2);
			assertThat(recorder.read(7)).isEqualTo(new Reading(5, 24, 0));
			assertThat(recorder.read(Integer.MAX_VALUE)).isEqualTo(new Reading(5, 24, 0));
			// Reading rotates nothing.
			assertThat(recorder.read(4).max()).isEqualTo(7);
		}
	}

	@Test
	void epochOfTheFirstRecordMayBeAny() {
		for (int epoch : new int[] { 1, 1000, Integer.MAX_VALUE - 2 }) {
			PerCpuLongRecorder longs = new PerCpuLongRecorder(3);
			longs.record(5, epoch);
			assertThat(longs.read(epoch).max()).isEqualTo(5);
			assertThat(longs.read(epoch + 2).max()).isEqualTo(5);
			PerCpuDoubleRecorder doubles = new PerCpuDoubleRecorder(2);
			doubles.record(5, epoch);
			assertThat(doubles.read(epoch + 1).max()).isEqualTo(5);
			assertThat(doubles.read(epoch + 2).max()).isZero();
		}
	}

	@Test
	void anOlderEpochCountsAsTheLatest() {
		onOneCpu((cpu) -> {
			PerCpuLongRecorder longs = new PerCpuLongRecorder(2);
			PerCpuDoubleRecorder doubles = new PerCpuDoubleRecorder(2);
			longs.record(1, 10);
			longs.record(3, 7);
			doubles.record(1, 10);
			doubles.record(3, 7);
			for (PerCpuRecorder recorder : List.of(longs, doubles)) {
				assertThat(recorder.read(7)).isEqualTo(new Reading(2, 4, 3));
				assertThat(recorder.read(11)).isEqualTo(new Reading(2, 4, 3));
				assertThat(recorder.read(12)).isEqualTo(new Reading(2, 4, 0));
			}
		});
	}

	/**
	 * Values, epochs and CPUs at random, the switch on and off, with reads in between:
	 * about every second record rotates.
	 */
	@ParameterizedTest
	@ValueSource(ints = { 1, 2, 3, 4, 5, 6, 8, 9, 16, 17, 33, 1024, 1025 })
	void agreesWithTheModel(int window) {
		PerCpuLongRecorder longs = new PerCpuLongRecorder(window);
		PerCpuDoubleRecorder doubles = new PerCpuDoubleRecorder(window);
		RecorderModel longModel = new RecorderModel(window);
		RecorderModel doubleModel = new RecorderModel(window);
		Random random = new Random(window);
		onCpus((Linux linux, int[] cpus) -> {
			Object line = JAVA;
			int epoch = 0;
			for (int step = 0; step < 3000; step++) {
				if (step % 10 == 0) {
					boolean perCpu = isNative() && random.nextInt(8) != 0;
					Rseq.setEnabled(perCpu);
					int cpu = cpus[random.nextInt(cpus.length)];
					if (perCpu) {
						assertThat(linux.affinity(0, Linux.maskOf(cpu))).isTrue();
					}
					line = (perCpu && window <= PerCpuRecorder.MAX_WINDOW) ? cpu : JAVA;
				}
				epoch += step(random, window);
				int given = epoch - ((random.nextInt(8) == 0) ? random.nextInt(2 * window + 1) : 0);
				long value = random.nextLong() >>> (24 + random.nextInt(40));
				longs.record(value, given);
				longModel.record(line, value, given);
				doubles.record(value / 4.0, given);
				doubleModel.record(line, value / 4.0, given);
				int now = epoch + random.nextInt(window + 3) - 1;
				assertThat(longs.read(now)).as("step %d", step).isEqualTo(longModel.read(now));
				assertThat(doubles.read(now)).as("step %d", step).isEqualTo(doubleModel.read(now));
			}
		});
		for (PerCpuRecorder recorder : List.of(longs, doubles)) {
			assertThat(LongStream.of(recorder.countPerCpu()).sum() + recorder.fallbackCount()).isEqualTo(3000);
		}
	}

	private static int step(Random random, int window) {
		return switch (random.nextInt(6)) {
			case 0 -> random.nextInt(11);
			case 1 -> 1;
			case 2 -> (random.nextInt(20) == 0) ? random.nextInt(3 * window + 1000) : 1;
			default -> 0;
		};
	}

	@Test
	void recordsInTheLineOfTheCpuItRunsOn() {
		assumeTrue(isNative(), "The binding 'none' has no lines of CPUs");
		PerCpuLongRecorder longs = new PerCpuLongRecorder(3);
		PerCpuDoubleRecorder doubles = new PerCpuDoubleRecorder(3);
		onCpus((linux, cpus) -> {
			for (int cpu : cpus) {
				assertThat(linux.affinity(0, Linux.maskOf(cpu))).isTrue();
				for (int i = 0; i <= cpu; i++) {
					longs.record(1, 4);
					doubles.record(1, 4);
				}
			}
			for (int cpu : cpus) {
				assertThat(longs.countPerCpu()[cpu]).isEqualTo(cpu + 1);
				assertThat(doubles.countPerCpu()[cpu]).isEqualTo(cpu + 1);
			}
			assertThat(longs.fallbackCount()).isZero();
		});
	}

	@Test
	void addsToOneBucketAndToTwo() {
		PerCpuLongRecorder longs = new PerCpuLongRecorder(1);
		PerCpuDoubleRecorder doubles = new PerCpuDoubleRecorder(1);
		PerCpuLongArray first = new PerCpuLongArray(10);
		PerCpuLongArray second = new PerCpuLongArray(3);
		longs.record(7, 0, first, 9);
		doubles.record(7.5, 0, first, 0);
		assertThat(second.sums()).containsOnly(0);
		longs.record(5, 0, first, 9, second, 2);
		doubles.record(5.5, 0, first, 4, second, 0);
		assertThat(first.sums()).containsExactly(1, 0, 0, 0, 1, 0, 0, 0, 0, 2);
		assertThat(second.sums()).containsExactly(1, 0, 1);
		assertThat(longs.read(0)).isEqualTo(new Reading(2, 12, 7));
		assertThat(doubles.read(0)).isEqualTo(new Reading(2, 13, 7.5));
		// The same array, and the same bucket, may be both.
		longs.record(1, 0, second, 1, second, 1);
		assertThat(second.sums()).containsExactly(1, 2, 1);
	}

	@Test
	void bucketsMayHaveNoCells() {
		PerCpuLongRecorder longs = new PerCpuLongRecorder(1);
		PerCpuDoubleRecorder doubles = new PerCpuDoubleRecorder(PerCpuRecorder.MAX_WINDOW + 1);
		PerCpuLongArray cells = new PerCpuLongArray(2);
		PerCpuLongArray large = new PerCpuLongArray(PerCpuLongArray.MAX_LENGTH + 1);
		longs.record(1, 0, large, 0);
		longs.record(2, 0, cells, 0, large, 1);
		longs.record(3, 0, large, 2, cells, 1);
		doubles.record(1, 0, large, 0);
		doubles.record(2, 0, cells, 0, large, 1);
		doubles.record(3, 0, large, 2, cells, 1);
		doubles.record(4, 0, cells, 1);
		assertThat(longs.read(0)).isEqualTo(new Reading(3, 6, 3));
		assertThat(doubles.read(0)).isEqualTo(new Reading(4, 10, 4));
		assertThat(cells.sums()).containsExactly(2, 3);
		assertThat(large.sums()).startsWith(2, 2, 2, 0);
	}

	@Test
	void aBucketThatIsNotThereRecordsNothing() {
		PerCpuLongRecorder longs = new PerCpuLongRecorder(1);
		PerCpuDoubleRecorder doubles = new PerCpuDoubleRecorder(1);
		PerCpuLongArray buckets = new PerCpuLongArray(2);
		Class<IndexOutOfBoundsException> expected = IndexOutOfBoundsException.class;
		assertThatExceptionOfType(expected).isThrownBy(() -> longs.record(1, 0, buckets, 2));
		assertThatExceptionOfType(expected).isThrownBy(() -> longs.record(1, 0, buckets, 0, buckets, -1));
		assertThatExceptionOfType(expected).isThrownBy(() -> longs.record(1, 0, buckets, 2, buckets, 0));
		assertThatExceptionOfType(expected).isThrownBy(() -> doubles.record(1, 0, buckets, -1));
		assertThatExceptionOfType(expected).isThrownBy(() -> doubles.record(1, 0, buckets, 0, buckets, 2));
		assertThat(longs.read(0).count()).isZero();
		assertThat(doubles.read(0).count()).isZero();
		assertThat(buckets.sums()).containsOnly(0);
	}

	@Test
	void switchSendsRecordsToTheFallback() {
		PerCpuLongRecorder longs = new PerCpuLongRecorder(2);
		PerCpuDoubleRecorder doubles = new PerCpuDoubleRecorder(2);
		PerCpuLongArray buckets = new PerCpuLongArray(2);
		longs.record(1, 5, buckets, 0);
		doubles.record(1, 5, buckets, 0, buckets, 1);
		long[] longCells = longs.countPerCpu();
		Rseq.setEnabled(false);
		longs.record(10, 6, buckets, 0);
		doubles.record(10, 6, buckets, 0, buckets, 1);
		assertThat(longs.countPerCpu()).isEqualTo(longCells);
		assertThat(longs.fallbackCount()).isEqualTo(isNative() ? 1 : 2);
		assertThat(doubles.fallbackCount()).isEqualTo(isNative() ? 1 : 2);
		Rseq.setEnabled(true);
		longs.record(2, 7, buckets, 0);
		doubles.record(2, 7, buckets, 0, buckets, 1);
		assertThat(buckets.sums()).containsExactly(6, 3);
		for (PerCpuRecorder recorder : List.of(longs, doubles)) {
			assertThat(recorder.read(7)).isEqualTo(new Reading(3, 13, 10));
			assertThat(recorder.read(8)).isEqualTo(new Reading(3, 13, 2));
			assertThat(recorder.fallbackCount()).isEqualTo(isNative() ? 1 : 3);
		}
	}

	@Test
	void recordsSurviveAnotherBinding() {
		PerCpuLongRecorder longs = new PerCpuLongRecorder(4);
		PerCpuDoubleRecorder doubles = new PerCpuDoubleRecorder(4);
		longs.record(1, 0);
		doubles.record(1, 0);
		int epoch = 0;
		for (Binding other : List.of(Binding.NONE, Binding.JNI, Binding.JNA)) {
			Rseq.configure(TestMode.current().options().withBinding(other));
			epoch++;
			longs.record(10 - epoch, epoch);
			doubles.record(10 - epoch, epoch);
		}
		Rseq.configure(TestMode.current().options().withBinding(this.binding));
		for (PerCpuRecorder recorder : List.of(longs, doubles)) {
			assertThat(recorder.read(3)).isEqualTo(new Reading(4, 25, 9));
			assertThat(recorder.read(5)).isEqualTo(new Reading(4, 25, 8));
			assertThat(recorder.read(6)).isEqualTo(new Reading(4, 25, 7));
		}
	}

	@Test
	void aRecorderMadeWithoutRseqTakesItsLinesLater() {
		assumeTrue(isNative(), "The binding 'none' has no lines");
		Rseq.configure(TestMode.current().options().withBinding(Binding.NONE));
		PerCpuLongRecorder longs = new PerCpuLongRecorder(1);
		PerCpuLongArray buckets = new PerCpuLongArray(1);
		longs.record(1, 0, buckets, 0);
		assertThat(longs.slot).isZero();
		assertThat(longs.countPerCpu()).isEmpty();
		Rseq.configure(TestMode.current().options().withBinding(this.binding));
		longs.record(10, 0, buckets, 0);
		assertThat(longs.slot).isNotZero();
		assertThat(buckets.slot).isNotZero();
		assertThat(longs.fallbackCount()).isEqualTo(1);
		assertThat(LongStream.of(longs.countPerCpu()).sum()).isEqualTo(1);
		assertThat(longs.read(0)).isEqualTo(new Reading(2, 11, 10));
		assertThat(buckets.sums()).containsExactly(2);
	}

	@Test
	void aWindowThatIsTooLongForALineIsKeptInJava() {
		PerCpuLongRecorder longs = new PerCpuLongRecorder(PerCpuRecorder.MAX_WINDOW + 1);
		longs.record(7, 0);
		assertThat(longs.slot).isZero();
		assertThat(longs.countPerCpu()).isEmpty();
		assertThat(longs.fallbackCount()).isEqualTo(1);
		assertThat(longs.read(PerCpuRecorder.MAX_WINDOW)).isEqualTo(new Reading(1, 7, 7));
		assertThat(longs.read(PerCpuRecorder.MAX_WINDOW + 1)).isEqualTo(new Reading(1, 7, 0));
		PerCpuLongRecorder longest = new PerCpuLongRecorder(PerCpuRecorder.MAX_WINDOW);
		assertThat(longest.slot != 0).isEqualTo(isNative());
	}

	@Test
	void takesTheExtremesOfLong() {
		PerCpuLongRecorder recorder = new PerCpuLongRecorder(1);
		onOneCpu((cpu) -> {
			recorder.record(Long.MAX_VALUE, 0);
			assertThat(recorder.read(0)).isEqualTo(new Reading(1, 0x1p63, 0x1p63));
			recorder.record(1, 0);
			// It wraps around.
			assertThat(recorder.read(0)).isEqualTo(new Reading(2, -0x1p63, 0x1p63));
			recorder.record((1L << 32) + 1, 1);
			assertThat(recorder.read(1).max()).isEqualTo((1L << 32) + 1);
		});
	}

	@ParameterizedTest
	@ValueSource(doubles = { 0.0, -0.0, Double.MIN_VALUE, 0x1p-1050, Double.MIN_NORMAL, 0.1, 1, 0x1p53, 1e300,
			Double.MAX_VALUE, Double.POSITIVE_INFINITY })
	void takesTheExtremesOfDouble(double value) {
		PerCpuDoubleRecorder recorder = new PerCpuDoubleRecorder(3);
		onOneCpu((cpu) -> {
			recorder.record(value, 1);
			assertThat(recorder.read(1)).isEqualTo(new Reading(1, value + 0.0, value + 0.0));
			recorder.record(0.0, 2);
			recorder.record(-0.0, 3);
			assertThat(recorder.read(3)).isEqualTo(new Reading(3, value + 0.0, value + 0.0));
			assertThat(recorder.read(4)).isEqualTo(new Reading(3, value + 0.0, 0));
			recorder.record(value, 4);
			assertThat(recorder.read(4)).isEqualTo(new Reading(4, value + value + 0.0, value + 0.0));
		});
	}

	@Test
	void linesOfUnreachableRecordersAreUsedAgainFromZero() {
		assumeTrue(isNative(), "The binding 'none' has no lines");
		Set<Long> dropped = fillAndDrop();
		List<PerCpuRecorder> kept = new ArrayList<>();
		Set<Long> slots = new HashSet<>();
		await(() -> {
			for (int i = 0; i < 200; i++) {
				// Their lines are as long as each other's.
				PerCpuLongRecorder longs = new PerCpuLongRecorder(4 + i % 2);
				PerCpuDoubleRecorder doubles = new PerCpuDoubleRecorder(4 + i % 2);
				for (PerCpuRecorder recorder : List.of(longs, doubles)) {
					kept.add(recorder);
					slots.add(recorder.slot);
					assertThat(recorder.read(0)).isEqualTo(new Reading(0, 0, 0));
					assertThat(recorder.countPerCpu()).containsOnly(0);
				}
				longs.record(3, 1);
				doubles.record(3, 1);
				assertThat(longs.read(1)).isEqualTo(new Reading(1, 3, 3));
				assertThat(doubles.read(1)).isEqualTo(new Reading(1, 3, 3));
				assertThat(longs.read(5).max()).isEqualTo((i % 2 == 0) ? 0 : 3);
			}
			return slots.containsAll(dropped);
		});
		assertThat(slots).hasSameSizeAs(kept);
	}

	private static Set<Long> fillAndDrop() {
		Set<Long> slots = new HashSet<>();
		for (int i = 0; i < 200; i++) {
			PerCpuLongRecorder longs = new PerCpuLongRecorder(5);
			PerCpuDoubleRecorder doubles = new PerCpuDoubleRecorder(5);
			for (int epoch = 1000; epoch < 1006; epoch++) {
				longs.record(Long.MAX_VALUE, epoch);
				doubles.record(Double.POSITIVE_INFINITY, epoch);
			}
			slots.add(longs.slot);
			slots.add(doubles.slot);
		}
		return slots;
	}

	private static void await(BooleanSupplier condition) {
		long deadline = System.nanoTime() + 20_000_000_000L;
		while (!condition.getAsBoolean()) {
			assertThat(System.nanoTime()).as("20 s have passed").isLessThan(deadline);
			System.gc();
		}
	}

	@Test
	void threadsLoseNothing() throws Exception {
		recordFromTasks(Executors.newFixedThreadPool(8), 8, 20_000);
	}

	@Test
	void virtualThreadsLoseNothing() throws Throwable {
		assumeTrue(Runtime.version().feature() >= 21, "There are no virtual threads before JDK 21");
		recordFromTasks((ExecutorService) MethodHandles.publicLookup()
			.findStatic(Executors.class, "newVirtualThreadPerTaskExecutor",
					MethodType.methodType(ExecutorService.class))
			.invokeWithArguments(), 1000, 100);
	}

	private static void recordFromTasks(ExecutorService executor, int tasks, int records) throws Exception {
		PerCpuLongRecorder longs = new PerCpuLongRecorder(3);
		PerCpuDoubleRecorder doubles = new PerCpuDoubleRecorder(3);
		PerCpuLongArray buckets = new PerCpuLongArray(10);
		List<Future<?>> futures = new ArrayList<>();
		try {
			for (int task = 0; task < tasks; task++) {
				futures.add(executor.submit(() -> {
					for (int i = 0; i < records; i++) {
						longs.record(2, i / 10, buckets, i % 10);
						doubles.record(3, i / 10);
						if (i % 50 == 0) {
							Thread.yield();
						}
					}
				}));
			}
			for (Future<?> future : futures) {
				future.get();
			}
		}
		finally {
			executor.shutdownNow();
		}
		long expected = (long) tasks * records;
		assertThat(longs.read(records / 10)).isEqualTo(new Reading(expected, 2 * expected, 2));
		assertThat(doubles.read(records / 10)).isEqualTo(new Reading(expected, 3 * expected, 3));
		assertThat(buckets.sums()).containsOnly(expected / 10);
	}

	@Test
	void recordingAllocatesNothing() {
		com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory
			.getThreadMXBean();
		PerCpuLongRecorder longs = new PerCpuLongRecorder(3);
		PerCpuDoubleRecorder doubles = new PerCpuDoubleRecorder(3);
		PerCpuLongArray buckets = new PerCpuLongArray(16);
		int records = 300_000;
		long allocated = Long.MAX_VALUE;
		// The first rounds warm up: interpreted and half-compiled code may box.
		for (int round = 0; round < 50 && allocated > 4096; round++) {
			long before = threads.getCurrentThreadAllocatedBytes();
			for (int i = 0; i < records; i++) {
				longs.record(i, i / 1000);
				doubles.record(i, i / 1000, buckets, i & 15);
				longs.record(i, i / 1000, buckets, i & 15, buckets, 3);
			}
			allocated = threads.getCurrentThreadAllocatedBytes() - before;
		}
		// Not per record: the compiler's own bookkeeping, at most.
		assertThat(allocated).isLessThanOrEqualTo(4096);
		assertThat(LongStream.of(longs.countPerCpu()).sum() + longs.fallbackCount()).isEqualTo(longs.read(0).count());
	}

	private void onOneCpu(java.util.function.IntConsumer test) {
		onCpus((linux, cpus) -> {
			if (isNative()) {
				assertThat(linux.affinity(0, Linux.maskOf(cpus[0]))).isTrue();
			}
			test.accept((cpus.length > 0) ? cpus[0] : -1);
		});
	}

	/*
	 * With the CPUs that may be used, and whatever mask the test sets taken back after
	 * it.
	 */
	private void onCpus(CpuTest test) {
		if (!isNative()) {
			test.run(null, new int[] { -1 });
			return;
		}
		assumeTrue(TestMode.current().isByCpu(), "Lines are by concurrency id");
		Linux linux = new Linux();
		long[] before = linux.affinity(0);
		try {
			test.run(linux, Linux.cpusOf(before));
		}
		finally {
			linux.affinity(0, before);
		}
	}

	private interface CpuTest {

		void run(Linux linux, int[] cpus);

	}

}
