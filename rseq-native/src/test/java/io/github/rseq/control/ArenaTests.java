package io.github.rseq.control;

import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;

import io.github.rseq.RseqAssumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ArenaTests {

	private static final int ROW_BYTES = 65536;

	private static final int SLOTS = ROW_BYTES / Long.BYTES;

	private NativeLibrary library;

	private int cpus;

	@BeforeEach
	void loadLibrary() throws LibraryException {
		RseqAssumptions.useAny();
		this.library = LibraryLoader.load(null, null, System.getProperty("os.arch").replace("amd64", "x86_64"));
		this.cpus = this.library.start(0, NativeLibrary.Mode.DEFAULT);
	}

	@Test
	void hasNoMemoryUntilItIsAskedFor() {
		Arena arena = new Arena(this.library, this.cpus);
		assertThat(arena.reserved()).isZero();
		assertThat(arena.isUsable()).isTrue();
		assertThat(arena.reserved()).isEqualTo((long) ROW_BYTES * (this.cpus + 1));
		assertThat(arena.slots()).isZero();
		assertThat(arena.used()).isZero();
	}

	@Test
	void packsSlotsAndGrowsBySegments() {
		Arena arena = new Arena(this.library, this.cpus);
		Object owner = new Object();
		List<Long> slots = new ArrayList<>();
		for (int i = 0; i <= SLOTS; i++) {
			slots.add(arena.allocate(owner, Long.BYTES));
		}
		long first = slots.get(0);
		assertThat(first % 4096).isZero();
		for (int i = 0; i < SLOTS; i++) {
			assertThat(slots.get(i)).isEqualTo(first + (long) i * Long.BYTES);
		}
		long segmentBytes = (long) ROW_BYTES * (this.cpus + 1);
		assertThat(Math.abs(slots.get(SLOTS) - first)).isGreaterThanOrEqualTo(segmentBytes);
		assertThat(arena.reserved()).isEqualTo(2 * segmentBytes);
		assertThat(arena.slots()).isEqualTo(SLOTS + 1);
		assertThat(arena.used()).isEqualTo((SLOTS + 1L) * Long.BYTES * (this.cpus + 1));
		Reference.reachabilityFence(owner);
	}

	@Test
	void zeroesASlotThatIsUsedAgain() {
		Arena arena = new Arena(this.library, this.cpus);
		long slot = allocateAndDrop(arena);
		this.library.addLong(slot, 7, 1000);
		assertThat(this.library.read(slot, this.cpus)).isNotEqualTo(new long[this.cpus + 1]);
		long deadline = System.nanoTime() + 20_000_000_000L;
		while (arena.slots() > 0) {
			assertThat(System.nanoTime()).as("20 s have passed").isLessThan(deadline);
			System.gc();
		}
		Object owner = new Object();
		assertThat(arena.allocate(owner, Long.BYTES)).isEqualTo(slot);
		assertThat(this.library.read(slot, this.cpus)).containsOnly(0);
		Reference.reachabilityFence(owner);
	}

	@Test
	void aSegmentServesAnotherArenaOnlyOnceItsKeeperIsGone() throws Exception {
		// A length that no other test of this JVM has, so that no segment fits but these.
		int cpus = this.cpus + 3;
		Object keeper = new Object();
		long kept = first(cpus, keeper);
		collect();
		Object otherKeeper = new Object();
		long other = first(cpus, otherKeeper);
		assertThat(other).isNotEqualTo(kept);
		this.library.addLong(kept, 7, 1000);
		Reference.reachabilityFence(keeper);
		keeper = null;
		Object next = new Object();
		long deadline = System.nanoTime() + 20_000_000_000L;
		long address = first(cpus, next);
		while (address != kept) {
			assertThat(System.nanoTime()).as("20 s have passed").isLessThan(deadline);
			collect();
			address = first(cpus, next);
		}
		assertThat(this.library.read(kept, this.cpus)).containsOnly(0);
		Reference.reachabilityFence(otherKeeper);
		Reference.reachabilityFence(next);
	}

	private long first(int cpus, Object keeper) {
		return new Arena(this.library, cpus, keeper).allocate(keeper, Long.BYTES);
	}

	private static void collect() throws InterruptedException {
		System.gc();
		Thread.sleep(50);
	}

	private static long allocateAndDrop(Arena arena) {
		return arena.allocate(new Object(), Long.BYTES);
	}

	@Test
	void saysWhereThereIsNoMemory() {
		// 128 TiB, all that a process can address.
		Arena arena = new Arena(this.library, Integer.MAX_VALUE - 1);
		assertThat(arena.isUsable()).isFalse();
		assertThat(arena.isExhausted()).isTrue();
		assertThat(arena.refused()).isZero();
		assertThat(arena.allocate(new Object(), Long.BYTES)).isZero();
		assertThat(arena.refused()).isEqualTo(1);
		assertThat(arena.reserved()).isZero();
	}

	@Test
	void refusesWhatIsLongerThanARow() {
		Arena arena = new Arena(this.library, this.cpus);
		assertThat(arena.allocate(new Object(), ROW_BYTES + 64)).isZero();
		assertThat(arena.refused()).isEqualTo(1);
		assertThat(arena.isExhausted()).isFalse();
	}

}
