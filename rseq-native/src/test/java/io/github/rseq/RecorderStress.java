package io.github.rseq;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;

import io.github.rseq.binding.BindingHandles;
import io.github.rseq.binding.Recording;
import io.github.rseq.control.Arena;
import io.github.rseq.control.NativeLibrary;

/**
 * Records for {@link StressMain}. All values are the same, so that a line that was read
 * in one piece has a total of as many times the value as it counts, and that value as its
 * maximum. Epochs go by meanwhile.
 */
final class RecorderStress {

	private static final long VALUE = 3;

	private static final int BUCKETS = 16;

	private final AtomicInteger epoch = new AtomicInteger();

	private final AtomicLong reads = new AtomicLong();

	private final AtomicLong torn = new AtomicLong();

	private RecorderStress() {
	}

	private int epoch() {
		return this.epoch.getOpaque();
	}

	private void advance() {
		while (!StressMain.stopped) {
			LockSupport.parkNanos(3_000_000);
			// Now and then several at once, as where nobody has looked at the clock.
			this.epoch.addAndGet((this.epoch.get() % 8 == 0) ? 6 : 1);
		}
	}

	private void check(boolean whole) {
		this.reads.incrementAndGet();
		if (!whole) {
			this.torn.incrementAndGet();
		}
	}

	private boolean isDisturbed() {
		return this.epoch.get() > 10 && this.reads.get() > 10;
	}

	private void print() {
		ChildJvm.print("epochs", this.epoch);
		ChildJvm.print("reads", this.reads);
		ChildJvm.print("torn", this.torn);
	}

	/**
	 * Public recorders and arrays, while the switch is flipped.
	 */
	static final class Recorders implements StressTarget {

		private static final int WINDOW = 5;

		private static final long FALLING = 1_000_000_000;

		private final RecorderStress shared = new RecorderStress();

		private final PerCpuLongRecorder longs = new PerCpuLongRecorder(WINDOW);

		private final PerCpuDoubleRecorder doubles = new PerCpuDoubleRecorder(WINDOW);

		private final PerCpuLongRecorder falling = new PerCpuLongRecorder(WINDOW);

		private final PerCpuLongArray longBuckets = new PerCpuLongArray(BUCKETS);

		private final PerCpuLongArray doubleBuckets = new PerCpuLongArray(BUCKETS);

		private final PerCpuLongArray doubleBuckets2 = new PerCpuLongArray(BUCKETS);

		private final AtomicLong backwards = new AtomicLong();

		private final AtomicLong bucketsBehind = new AtomicLong();

		private final AtomicLong maximaSought = new AtomicLong();

		private final AtomicLong maximaMissed = new AtomicLong();

		@Override
		public void add() {
			int epoch = this.shared.epoch();
			int bucket = ThreadLocalRandom.current().nextInt(BUCKETS);
			this.longs.record(VALUE, epoch, this.longBuckets, bucket);
			this.doubles.record(VALUE, epoch, this.doubleBuckets, bucket, this.doubleBuckets2, 15 - bucket);
			this.falling.record(FALLING - epoch, epoch);
		}

		@Override
		public void flip() {
			StressMain.flipTheSwitch();
		}

		@Override
		public List<Runnable> companions() {
			return List.of(this.shared::advance, this::readLines, this::readAll, this::seek);
		}

		private void readLines() {
			while (!StressMain.stopped) {
				// Epoch 0 is never ahead of a line's: its maximum is that of its own
				// window.
				this.longs.readLines(0, (cpu, line) -> this.shared
					.check(line.total == line.count * VALUE && line.max == ((line.count > 0) ? VALUE : 0)));
				this.doubles.readLines(0, (cpu, line) -> {
					double max = Double.longBitsToDouble(line.max);
					this.shared.check(Double.longBitsToDouble(line.total) == line.count * VALUE
							&& max == ((line.count > 0) ? VALUE : 0));
				});
			}
		}

		private void readAll() {
			long before = 0;
			while (!StressMain.stopped) {
				long count = this.longs.read(this.shared.epoch()).count();
				if (count < before) {
					this.backwards.incrementAndGet();
				}
				before = count;
				if (LongStream.of(this.longBuckets.sums()).sum() < count) {
					this.bucketsBehind.incrementAndGet();
				}
				count = this.doubles.read(this.shared.epoch()).count();
				if (LongStream.of(this.doubleBuckets.sums()).sum() < count
						|| LongStream.of(this.doubleBuckets2.sums()).sum() < count) {
					this.bucketsBehind.incrementAndGet();
				}
			}
		}

		/*
		 * Values fall from epoch to epoch, so that the maximum is that of the window's
		 * oldest epoch: it must not be lost before that one leaves the window.
		 */
		private void seek() {
			Deque<Integer> recorded = new ArrayDeque<>();
			long own = 0;
			while (!StressMain.stopped) {
				int epoch = this.shared.epoch();
				this.falling.record(FALLING - epoch, epoch);
				own++;
				if (recorded.isEmpty() || recorded.getLast() != epoch) {
					recorded.addLast(epoch);
				}
				double max = this.falling.read(this.shared.epoch()).max();
				int after = this.shared.epoch();
				while (after - recorded.getFirst() >= WINDOW && recorded.size() > 1) {
					recorded.removeFirst();
				}
				if (after - recorded.getFirst() < WINDOW) {
					this.maximaSought.incrementAndGet();
					if (max < FALLING - recorded.getFirst()) {
						this.maximaMissed.incrementAndGet();
					}
				}
			}
			ChildJvm.print("own", own);
		}

		@Override
		public boolean isDisturbed() {
			// Without rseq there is no line to be read.
			return (this.longs.slot == 0 || this.shared.isDisturbed()) && this.maximaSought.get() > 10;
		}

		@Override
		public void print() {
			int epoch = this.shared.epoch();
			RseqStatus.Aborts aborts = Rseq.status().aborts();
			ChildJvm.print("longs", this.longs.read(epoch).count());
			ChildJvm.print("longTotal", (long) this.longs.read(epoch).total());
			ChildJvm.print("doubles", this.doubles.read(epoch).count());
			ChildJvm.print("doubleTotal", (long) this.doubles.read(epoch).total());
			ChildJvm.print("falling", this.falling.read(epoch).count());
			ChildJvm.print("longBuckets", LongStream.of(this.longBuckets.sums()).sum());
			ChildJvm.print("doubleBuckets", LongStream.of(this.doubleBuckets.sums()).sum());
			ChildJvm.print("doubleBuckets2", LongStream.of(this.doubleBuckets2.sums()).sum());
			ChildJvm.print("bucketsEqual", isReversed(this.doubleBuckets.sums(), this.doubleBuckets2.sums()));
			ChildJvm.print("fallback", this.longs.fallbackCount());
			ChildJvm.print("backwards", this.backwards);
			ChildJvm.print("bucketsBehind", this.bucketsBehind);
			ChildJvm.print("maximaSought", this.maximaSought);
			ChildJvm.print("maximaMissed", this.maximaMissed);
			ChildJvm.print("aborts", aborts.total());
			this.shared.print();
		}

		private static boolean isReversed(long[] first, long[] second) {
			for (int i = 0; i < BUCKETS; i++) {
				if (first[i] != second[BUCKETS - 1 - i]) {
					return false;
				}
			}
			return true;
		}

	}

	/**
	 * Two lines and two buckets of a library of which nobody has asked whether it works.
	 */
	static final class Lines implements StressTarget {

		private static final int PAST = 2;

		private static final int LINE_BYTES = 64;

		private final RecorderStress shared = new RecorderStress();

		private final NativeLibrary library;

		private final Arena arena;

		private final long longs;

		private final long doubles;

		private final long buckets;

		private final AtomicLong refused = new AtomicLong();

		Lines(NativeLibrary library, BindingHandles handles) {
			this.library = library;
			this.arena = new Arena(library, library.start(0, StressMain.MODE));
			this.longs = this.arena.allocate(this, LINE_BYTES);
			this.doubles = this.arena.allocate(this, LINE_BYTES);
			this.buckets = this.arena.allocate(this, LINE_BYTES);
			Recording.install(handles);
		}

		@Override
		public void add() {
			long epoch = ((long) PAST << Integer.SIZE) | this.shared.epoch();
			if (!Recording.recordLong(this.longs, VALUE, epoch, this.buckets, 0)) {
				this.refused.incrementAndGet();
			}
			if (!Recording.recordDouble(this.doubles, VALUE, epoch, this.buckets + 8, this.buckets + 16)) {
				this.refused.incrementAndGet();
			}
		}

		@Override
		public void flip() {
			// There is no switch down here.
		}

		@Override
		public List<Runnable> companions() {
			return List.of(this.shared::advance, () -> {
				while (!StressMain.stopped) {
					readLines();
				}
			});
		}

		/*
		 * The number of values and their total.
		 */
		private long[] readLines() {
			LineReader longs = new LineReader(this.arena, this.longs, PAST);
			LineReader doubles = new LineReader(this.arena, this.doubles, PAST);
			long[] sums = new long[4];
			for (int cpu = 0; cpu < this.arena.cpus(); cpu++) {
				longs.next(0, PAST + 1);
				this.shared.check(longs.total == longs.count * VALUE && longs.max == ((longs.count > 0) ? VALUE : 0));
				doubles.next(0, PAST + 1);
				double total = Double.longBitsToDouble(doubles.total);
				this.shared.check(total == doubles.count * VALUE
						&& Double.longBitsToDouble(doubles.max) == ((doubles.count > 0) ? VALUE : 0));
				sums[0] += longs.count;
				sums[1] += longs.total;
				sums[2] += doubles.count;
				sums[3] += (long) total;
			}
			return sums;
		}

		@Override
		public boolean isDisturbed() {
			return this.shared.isDisturbed() && (aborts() > 10 || this.shared.torn.get() > 0);
		}

		private long aborts() {
			long aborts = 0;
			long[] statistics = this.library.statistics(this.arena.cpus());
			for (int i = 0; i < statistics.length; i++) {
				aborts += (i % 4 != 3) ? statistics[i] : 0;
			}
			return aborts;
		}

		@Override
		public void print() {
			long[] sums = readLines();
			ChildJvm.print("longs", sums[0]);
			ChildJvm.print("longTotal", sums[1]);
			ChildJvm.print("doubles", sums[2]);
			ChildJvm.print("doubleTotal", sums[3]);
			ChildJvm.print("refused", this.refused);
			ChildJvm.print("longBuckets", Recording.sumLong(this.buckets));
			ChildJvm.print("doubleBuckets", Recording.sumLong(this.buckets + 8));
			ChildJvm.print("doubleBuckets2", Recording.sumLong(this.buckets + 16));
			ChildJvm.print("aborts", aborts());
			this.shared.print();
		}

	}

}
