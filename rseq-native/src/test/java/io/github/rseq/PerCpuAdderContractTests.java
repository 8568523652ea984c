package io.github.rseq;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.function.BooleanSupplier;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.jupiter.params.ParameterizedTest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * What the adders and the runtime promise, the same for every binding.
 */
@ParameterizedClass
@EnumSource(Binding.class)
class PerCpuAdderContractTests {

	private final Binding binding;

	PerCpuAdderContractTests(Binding binding) {
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
		assertThat(new PerCpuLongAdder().sum()).isZero();
		assertThat(new PerCpuLongAdder().fallback()).isZero();
		assertThat(new PerCpuDoubleAdder().sum()).isZero();
		assertThat(new PerCpuDoubleAdder().fallback()).isZero();
	}

	@Test
	void sumsWhatWasAdded() {
		PerCpuLongAdder longs = new PerCpuLongAdder();
		PerCpuDoubleAdder doubles = new PerCpuDoubleAdder();
		for (int i = 1; i <= 1000; i++) {
			longs.add(i);
			longs.increment();
			doubles.add(i + 0.5);
		}
		assertThat(longs.sum()).isEqualTo(501_500);
		assertThat(longs).hasToString("501500");
		assertThat(doubles.sum()).isEqualTo(501_000);
		assertThat(doubles).hasToString("501000.0");
	}

	@Test
	void sumIsPerCpuAndFallback() {
		PerCpuLongAdder longs = new PerCpuLongAdder();
		PerCpuDoubleAdder doubles = new PerCpuDoubleAdder();
		Rseq.setEnabled(false);
		longs.add(7);
		doubles.add(7);
		Rseq.setEnabled(true);
		for (int i = 0; i < 100_000; i++) {
			longs.add(3);
			doubles.add(3);
		}
		assertThat(LongStream.of(longs.perCpu()).sum() + longs.fallback()).isEqualTo(longs.sum()).isEqualTo(300_007);
		assertThat(DoubleStream.of(doubles.perCpu()).sum() + doubles.fallback()).isEqualTo(doubles.sum())
			.isEqualTo(300_007);
		if (isNative()) {
			assertThat(longs.perCpu()).hasSize(Rseq.status().cpus().possible());
			assertThat(doubles.perCpu()).hasSize(Rseq.status().cpus().possible());
			// A section may give up under a storm of signals, but not often.
			assertThat(longs.fallback()).isBetween(7L, 1000L);
			assertThat(doubles.fallback()).isBetween(7.0, 1000.0);
		}
		else {
			assertThat(longs.fallback()).isEqualTo(300_007);
			assertThat(doubles.fallback()).isEqualTo(300_007);
		}
	}

	@Test
	void addsToTheCellOfTheCpuItRunsOn() {
		assumeTrue(isNative(), "The binding 'none' has no cells of CPUs");
		PerCpuLongAdder longs = new PerCpuLongAdder();
		PerCpuDoubleAdder doubles = new PerCpuDoubleAdder();
		Linux linux = new Linux();
		long[] before = linux.affinity(0);
		try {
			int[] cpus = Linux.cpusOf(before);
			for (int cpu : cpus) {
				assertThat(linux.affinity(0, Linux.maskOf(cpu))).isTrue();
				longs.add(10 + cpu);
				doubles.add(10.5 + cpu);
				assertThat(CurrentCpu.get()).isEqualTo(cpu);
			}
			assertThat(LongStream.of(longs.perCpu()).sum()).isEqualTo(longs.sum());
			assertThat(DoubleStream.of(doubles.perCpu()).sum()).isEqualTo(doubles.sum());
			assumeTrue(TestMode.current().isByCpu(), "Cells are by concurrency id");
			for (int cpu : cpus) {
				assertThat(longs.perCpu()[cpu]).isEqualTo(10 + cpu);
				assertThat(doubles.perCpu()[cpu]).isEqualTo(10.5 + cpu);
			}
		}
		finally {
			linux.affinity(0, before);
		}
	}

	@Test
	void subtractsWhatIsNegative() {
		PerCpuLongAdder longs = new PerCpuLongAdder();
		longs.add(5);
		longs.add(-12);
		longs.add(0);
		assertThat(longs.sum()).isEqualTo(-7);
		PerCpuDoubleAdder doubles = new PerCpuDoubleAdder();
		doubles.add(0.25);
		doubles.add(-1.5);
		assertThat(doubles.sum()).isEqualTo(-1.25);
	}

	@Test
	void wrapsAround() {
		PerCpuLongAdder adder = new PerCpuLongAdder();
		adder.add(Long.MAX_VALUE);
		adder.add(1);
		assertThat(adder.sum()).isEqualTo(Long.MIN_VALUE);
		adder.add(Long.MIN_VALUE);
		assertThat(adder.sum()).isZero();
	}

	@Test
	void carriesBeyondThirtyTwoBits() {
		PerCpuLongAdder adder = new PerCpuLongAdder();
		adder.add(0x1234_5678_9ABC_DEF0L);
		assertThat(adder.sum()).isEqualTo(0x1234_5678_9ABC_DEF0L);
	}

	@ParameterizedTest
	@ValueSource(doubles = { Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -0.0, 0.0,
			Double.MIN_VALUE, Double.MAX_VALUE, 1L << 53, 0.1, -0.1 })
	void addsADoubleAsDoubleAdderDoes(double value) {
		PerCpuDoubleAdder adder = new PerCpuDoubleAdder();
		DoubleAdder expected = new DoubleAdder();
		adder.add(value);
		expected.add(value);
		assertThat(Double.doubleToRawLongBits(adder.sum())).isEqualTo(Double.doubleToRawLongBits(expected.sum()));
	}

	@Test
	void infinitiesOfBothSignsAreNotANumber() {
		PerCpuDoubleAdder adder = new PerCpuDoubleAdder();
		adder.add(Double.POSITIVE_INFINITY);
		adder.add(Double.NEGATIVE_INFINITY);
		assertThat(adder.sum()).isNaN();
	}

	@Test
	void wholeDoublesAreExactUpToTwoToThe53() {
		PerCpuDoubleAdder adder = new PerCpuDoubleAdder();
		adder.add((1L << 53) - 3);
		adder.add(1);
		adder.add(1);
		adder.add(1);
		assertThat(adder.sum()).isEqualTo(0x1p53);
	}

	@Test
	void switchSendsRecordsToTheFallback() {
		PerCpuLongAdder longs = new PerCpuLongAdder();
		PerCpuDoubleAdder doubles = new PerCpuDoubleAdder();
		longs.add(1);
		doubles.add(1);
		long[] longCells = longs.perCpu();
		double[] doubleCells = doubles.perCpu();
		Rseq.setEnabled(false);
		assertThat(Rseq.isEnabled()).isFalse();
		assertThat(Rseq.status().state()).isEqualTo(RseqState.DISABLED);
		assertThat(Rseq.isAvailable()).isEqualTo(isNative());
		longs.add(10);
		doubles.add(10);
		assertThat(longs.perCpu()).isEqualTo(longCells);
		assertThat(doubles.perCpu()).isEqualTo(doubleCells);
		assertThat(longs.fallback()).isGreaterThanOrEqualTo(10);
		Rseq.setEnabled(true);
		assertThat(Rseq.isEnabled()).isTrue();
		longs.add(100);
		doubles.add(100);
		assertThat(longs.sum()).isEqualTo(111);
		assertThat(doubles.sum()).isEqualTo(111);
		if (isNative()) {
			assertThat(longs.fallback()).isEqualTo(10);
			assertThat(doubles.fallback()).isEqualTo(10);
		}
	}

	@Test
	void sumsSurviveAnotherBinding() {
		PerCpuLongAdder longs = new PerCpuLongAdder();
		PerCpuDoubleAdder doubles = new PerCpuDoubleAdder();
		longs.add(1);
		doubles.add(1);
		for (Binding other : List.of(Binding.NONE, Binding.JNI, Binding.JNA)) {
			Rseq.configure(TestMode.current().options().withBinding(other));
			longs.add(10);
			doubles.add(10);
		}
		Rseq.configure(TestMode.current().options().withBinding(this.binding));
		longs.add(100);
		doubles.add(100);
		assertThat(longs.sum()).isEqualTo(131);
		assertThat(doubles.sum()).isEqualTo(131);
	}

	@Test
	void anAdderMadeWithoutRseqTakesItsSlotLater() {
		assumeTrue(isNative(), "The binding 'none' has no slots");
		Rseq.configure(TestMode.current().options().withBinding(Binding.NONE));
		PerCpuLongAdder longs = new PerCpuLongAdder();
		PerCpuDoubleAdder doubles = new PerCpuDoubleAdder();
		longs.add(1);
		doubles.add(1);
		assertThat(longs.slot).isZero();
		assertThat(longs.perCpu()).isEmpty();
		assertThat(doubles.perCpu()).isEmpty();
		Rseq.configure(TestMode.current().options().withBinding(this.binding));
		longs.add(10);
		doubles.add(10);
		assertThat(longs.slot).isNotZero();
		assertThat(longs.fallback()).isEqualTo(1);
		assertThat(doubles.fallback()).isEqualTo(1);
		assertThat(LongStream.of(longs.perCpu()).sum()).isEqualTo(10);
		assertThat(DoubleStream.of(doubles.perCpu()).sum()).isEqualTo(10);
	}

	@Test
	void tellsTheCurrentCpu() {
		if (isNative()) {
			assertThat(CurrentCpu.get()).isBetween(0, Rseq.status().cpus().possible() - 1);
		}
		else {
			assertThat(CurrentCpu.get()).isEqualTo(-1);
		}
	}

	@Test
	void tellsItsStatus() {
		RseqStatus status = Rseq.status();
		assertThat(status.enabled()).isTrue();
		assertThat(status.binding()).isEqualTo(this.binding);
		assertThat(status.availability().available()).isEqualTo(isNative()).isEqualTo(Rseq.isAvailable());
		assertThat(status.platform().os()).isEqualTo(System.getProperty("os.name"));
		assertThat(status.platform().arch()).isEqualTo(System.getProperty("os.arch"));
		assertThat(status.platform().java()).isEqualTo(Runtime.version().feature());
		assertThat(status.adders()).isEqualTo(isNative() ? AdderCells.PER_CPU : AdderCells.JAVA);
		assertThat(status.cpus().available()).isEqualTo(Runtime.getRuntime().availableProcessors());
		if (!isNative()) {
			assertThat(status.state()).isEqualTo(RseqState.FALLBACK);
			assertThat(status.registration()).isEqualTo(Registration.NONE);
			assertThat(status.availability().reason()).isEqualTo(UnavailabilityReason.BINDING_NONE);
			return;
		}
		Rseq.ensureAvailable();
		assertThat(status.state()).isEqualTo(RseqState.ACTIVE);
		assertThat(status.registration()).isEqualTo(
				(TestMode.current().registration() != null) ? TestMode.current().registration() : Registration.LIBC);
		assertThat(status.sharding()).isEqualTo(TestMode.current().sharding());
		assertThat(status.availability().reason()).isNull();
		assertThat(status.availability().selfTest().aborts()).isPositive();
		assertThat(status.availability().selfTest().violations()).isZero();
		assertThat(status.platform().libc()).startsWith("glibc ");
		assertThat(status.cpus().possible()).isGreaterThanOrEqualTo(status.cpus().available());
		int rows = status.cpus().possible() + 1;
		assertThat(status.memory().reserved()).isPositive()
			.isEqualTo(status.memory().reserved() / rows / 65536 * rows * 65536);
		// Recorders and arrays that share this JVM have longer slots.
		assertThat(status.memory().used()).isGreaterThanOrEqualTo(status.memory().cells() * rows * 8);
		assertThat(status.memory().used() % (8L * rows)).isZero();
		assertThat(status.aborts().total())
			.isEqualTo(status.aborts().migrated() + status.aborts().preemptedOrSignalled() + status.aborts().early());
	}

	@Test
	void manyAddersFillSeveralSegments() {
		int adders = 12_000;
		List<PerCpuLongAdder> longs = new ArrayList<>();
		List<PerCpuDoubleAdder> doubles = new ArrayList<>();
		for (int i = 0; i < adders; i++) {
			longs.add(new PerCpuLongAdder());
			doubles.add(new PerCpuDoubleAdder());
		}
		for (int i = 0; i < adders; i++) {
			longs.get(i).add(i);
			doubles.get(i).add(-i);
		}
		for (int i = 0; i < adders; i++) {
			assertThat(longs.get(i).sum()).isEqualTo(i);
			assertThat(doubles.get(i).sum()).isEqualTo((i != 0) ? -i : 0.0);
		}
		if (isNative()) {
			Set<Long> slots = new HashSet<>();
			longs.forEach((adder) -> slots.add(adder.slot));
			doubles.forEach((adder) -> slots.add(adder.slot));
			assertThat(slots).hasSize(2 * adders).doesNotContain(0L);
			assertThat(Rseq.status().memory().cells()).isGreaterThanOrEqualTo(2 * adders);
			// 8192 slots fill a segment.
			assertThat(Rseq.status().memory().reserved())
				.isGreaterThanOrEqualTo(3L * 65536 * (Rseq.status().cpus().possible() + 1));
		}
		// Until here, all are in use.
		Reference.reachabilityFence(longs);
		Reference.reachabilityFence(doubles);
	}

	@Test
	void slotsOfUnreachableAddersAreUsedAgainFromZero() {
		assumeTrue(isNative(), "The binding 'none' has no slots");
		Set<Long> dropped = fillAndDrop();
		List<PerCpuSlot> fresh = new ArrayList<>();
		Set<Long> slots = new HashSet<>();
		await(() -> {
			for (int i = 0; i < 500; i++) {
				PerCpuLongAdder longs = new PerCpuLongAdder();
				PerCpuDoubleAdder doubles = new PerCpuDoubleAdder();
				fresh.addAll(List.of(longs, doubles));
				slots.addAll(List.of(longs.slot, doubles.slot));
				if (dropped.contains(longs.slot)) {
					assertThat(longs.sum()).isZero();
					assertThat(longs.perCpu()).containsOnly(0);
					longs.add(i);
					assertThat(longs.sum()).isEqualTo(i);
				}
				if (dropped.contains(doubles.slot)) {
					assertThat(Double.doubleToRawLongBits(doubles.sum())).isZero();
					assertThat(doubles.perCpu()).containsOnly(0);
					doubles.add(i);
					assertThat(doubles.sum()).isEqualTo(i);
				}
			}
			return slots.containsAll(dropped);
		});
		assertThat(slots).hasSameSizeAs(fresh);
	}

	private static Set<Long> fillAndDrop() {
		Set<Long> slots = new HashSet<>();
		for (int i = 0; i < 500; i++) {
			PerCpuLongAdder longs = new PerCpuLongAdder();
			PerCpuDoubleAdder doubles = new PerCpuDoubleAdder();
			longs.add(-1);
			doubles.add((i % 2 == 0) ? Double.NaN : 0x1p60);
			slots.add(longs.slot);
			slots.add(doubles.slot);
		}
		return slots;
	}

	private static void await(BooleanSupplier condition) {
		long deadline = System.nanoTime() + 120_000_000_000L;
		while (!condition.getAsBoolean()) {
			assertThat(System.nanoTime()).as("two minutes have passed").isLessThan(deadline);
			System.gc();
		}
	}

	@Test
	void threadsLoseNothing() throws Exception {
		ExecutorService executor = Executors.newFixedThreadPool(8);
		addFromTasks(executor, 8, 20_000);
	}

	@Test
	void virtualThreadsLoseNothing() throws Throwable {
		assumeTrue(Runtime.version().feature() >= 21, "There are no virtual threads before JDK 21");
		ExecutorService executor = (ExecutorService) MethodHandles.publicLookup()
			.findStatic(Executors.class, "newVirtualThreadPerTaskExecutor",
					MethodType.methodType(ExecutorService.class))
			.invokeWithArguments();
		addFromTasks(executor, 1000, 100);
	}

	private static void addFromTasks(ExecutorService executor, int tasks, int adds) throws Exception {
		PerCpuLongAdder longs = new PerCpuLongAdder();
		PerCpuDoubleAdder doubles = new PerCpuDoubleAdder();
		List<Future<?>> futures = new ArrayList<>();
		try {
			for (int task = 0; task < tasks; task++) {
				futures.add(executor.submit(() -> {
					for (int i = 0; i < adds; i++) {
						longs.increment();
						doubles.add(2);
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
		assertThat(longs.sum()).isEqualTo((long) tasks * adds);
		assertThat(doubles.sum()).isEqualTo(2.0 * tasks * adds);
	}

	@Test
	void recordingAllocatesNothing() {
		com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory
			.getThreadMXBean();
		PerCpuLongAdder longs = new PerCpuLongAdder();
		PerCpuDoubleAdder doubles = new PerCpuDoubleAdder();
		int adds = 1_000_000;
		long allocated = Long.MAX_VALUE;
		// The first rounds warm up: interpreted and half-compiled code may box.
		for (int round = 0; round < 50 && allocated > 4096; round++) {
			long before = threads.getCurrentThreadAllocatedBytes();
			for (int i = 0; i < adds; i++) {
				longs.add(i);
				doubles.add(i);
			}
			allocated = threads.getCurrentThreadAllocatedBytes() - before;
		}
		// Not per add: the compiler's own bookkeeping, at most.
		assertThat(allocated).isLessThanOrEqualTo(4096);
		assertThat(Arrays.stream(longs.perCpu()).sum() + longs.fallback()).isEqualTo(longs.sum());
	}

}
