package io.github.rseq.micrometer;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;

import com.sun.management.ThreadMXBean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.github.rseq.PerCpuLongArray;
import io.github.rseq.PerCpuLongRecorder;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link PercentileBuckets} written by many threads while epochs pass.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PercentileBucketsConcurrencyTests {

	private static final int THREADS = 8 * Runtime.getRuntime().availableProcessors();

	private static final int RECORDS = 200_000;

	private static final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

	@AfterEach
	void reset() {
		RseqMode.reset();
	}

	@ParameterizedTest
	@EnumSource
	void countsEachValueOnceWhileItIsInTheWindow(RseqMode mode) throws Exception {
		mode.apply();
		PercentileBuckets buckets = new PercentileBuckets(2, 60, 0);
		AtomicInteger epoch = new AtomicInteger();
		List<Callable<Void>> recorders = recorders(buckets, epoch, Collections.newSetFromMap(new IdentityHashMap<>()));
		AtomicLong before = new AtomicLong();
		run(recorders, () -> {
			// Fewer than the window, so that each value stays in it.
			if (epoch.get() < 59) {
				epoch.incrementAndGet();
			}
			long count = buckets.snapshot(epoch.get()).count();
			assertThat(count).isGreaterThanOrEqualTo(before.getAndSet(count));
		});
		assertThat(buckets.snapshot(epoch.get()).count()).isEqualTo((long) THREADS * RECORDS);
		assertThat(buckets.snapshot(epoch.get() + 60).count()).isZero();
	}

	@ParameterizedTest
	@EnumSource
	void losesNothingWhileSlotsAreUsedAgain(RseqMode mode) throws Exception {
		mode.apply();
		PercentileBuckets buckets = new PercentileBuckets(2, 1, 0);
		AtomicInteger epoch = new AtomicInteger();
		Set<PerCpuLongArray> arrays = Collections.newSetFromMap(new IdentityHashMap<>());
		run(recorders(buckets, epoch, arrays), () -> {
			epoch.incrementAndGet();
			assertThat(buckets.snapshot(epoch.get()).count()).isBetween(0L, (long) THREADS * RECORDS);
		});
		assertThat(arrays).hasSize(buckets.pages());
		assertThat(arrays.stream().flatMapToLong((array) -> LongStream.of(array.sums())).sum())
			.isEqualTo((long) THREADS * RECORDS);
		// What threads added that were stopped for longer than the window expires as
		// well.
		assertThat(buckets.snapshot(epoch.get() + 2).count()).isLessThanOrEqualTo(THREADS);
		assertThat(buckets.snapshot(epoch.get() + 4).count()).isZero();
	}

	private static List<Callable<Void>> recorders(PercentileBuckets buckets, AtomicInteger epoch,
			Set<PerCpuLongArray> arrays) {
		List<Callable<Void>> recorders = new ArrayList<>();
		for (int i = 0; i < THREADS; i++) {
			int seed = i;
			recorders.add(() -> {
				SplittableRandom random = new SplittableRandom(seed);
				for (int j = 0; j < RECORDS; j++) {
					double value = random.nextLong(1L << random.nextInt(40));
					int key = buckets.key(value);
					PerCpuLongArray array = buckets.bucketsOf(key);
					array.add(buckets.indexOf(key, epoch.get()), 1);
					if ((j & 63) == 0) {
						synchronized (arrays) {
							arrays.add(array);
						}
					}
				}
				return null;
			});
		}
		return recorders;
	}

	private static void run(List<Callable<Void>> recorders, Runnable meanwhile) throws Exception {
		ExecutorService executor = Executors.newFixedThreadPool(THREADS + 1);
		try {
			AtomicBoolean done = new AtomicBoolean();
			Future<?> reader = executor.submit(() -> {
				while (!done.get()) {
					meanwhile.run();
				}
			});
			for (Future<Void> recorder : executor.invokeAll(recorders)) {
				recorder.get();
			}
			done.set(true);
			reader.get();
		}
		finally {
			executor.shutdownNow();
			executor.awaitTermination(10, TimeUnit.SECONDS);
		}
	}

	@ParameterizedTest
	@EnumSource
	void allocatesNothingAfterAnOctavesFirstValue(RseqMode mode) {
		mode.apply();
		PercentileBuckets buckets = new PercentileBuckets(3, 3, 0);
		PerCpuLongRecorder recorder = new PerCpuLongRecorder(3);
		record(buckets, recorder);
		long before = threads.getCurrentThreadAllocatedBytes();
		record(buckets, recorder);
		long allocated = threads.getCurrentThreadAllocatedBytes() - before;
		// What the compilers and the counter of bytes itself need is less than that.
		assertThat(allocated).isLessThan(RECORDS);
		assertThat(buckets.snapshot(0).count()).isEqualTo(2L * RECORDS);
	}

	private static void record(PercentileBuckets buckets, PerCpuLongRecorder recorder) {
		for (int i = 0; i < RECORDS; i++) {
			long value = 1L << (i % 40);
			int key = buckets.key(value);
			recorder.record(value, 0, buckets.bucketsOf(key), buckets.indexOf(key, 0));
		}
	}

}
