package io.github.rseq;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

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
 * What the array promises, the same for every binding.
 */
@ParameterizedClass
@EnumSource(Binding.class)
class PerCpuLongArrayContractTests {

	private final Binding binding;

	PerCpuLongArrayContractTests(Binding binding) {
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

	@ParameterizedTest
	@ValueSource(ints = { 1, 7, 8, 9, 100, 8191, 8192, 8193, 20_000 })
	void sumsEachIndexAlone(int length) {
		// Two others beside it, so that an index beyond its end would be seen.
		PerCpuLongArray before = new PerCpuLongArray(length);
		PerCpuLongArray array = new PerCpuLongArray(length);
		PerCpuLongArray after = new PerCpuLongArray(length);
		long[] expected = new long[length];
		assertThat(array.length()).isEqualTo(length);
		assertThat(array.sums()).isEqualTo(expected);
		Random random = new Random(length);
		for (int i = 0; i < 3 * length; i++) {
			int index = (i < length) ? i : random.nextInt(length);
			long delta = random.nextLong();
			if (i % 100 == 0) {
				Rseq.setEnabled(random.nextBoolean());
			}
			array.add(index, delta);
			expected[index] += delta;
		}
		assertThat(array.sums()).isEqualTo(expected);
		assertThat(before.sums()).containsOnly(0);
		assertThat(after.sums()).containsOnly(0);
	}

	@Test
	void indexMustBeInside() {
		PerCpuLongArray array = new PerCpuLongArray(9);
		Class<IndexOutOfBoundsException> expected = IndexOutOfBoundsException.class;
		assertThatExceptionOfType(expected).isThrownBy(() -> array.add(9, 1));
		assertThatExceptionOfType(expected).isThrownBy(() -> array.add(-1, 1));
		assertThatExceptionOfType(expected).isThrownBy(() -> array.add(Integer.MIN_VALUE, 1));
		assertThat(array.sums()).containsOnly(0);
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, -1, Integer.MIN_VALUE })
	void lengthMustBePositive(int length) {
		assertThatIllegalArgumentException().isThrownBy(() -> new PerCpuLongArray(length));
	}

	@ParameterizedTest
	@ValueSource(ints = { PerCpuLongArray.MAX_LENGTH + 1, 1 << 28, 1 << 29, (1 << 29) + 1, Integer.MAX_VALUE - 7,
			Integer.MAX_VALUE })
	void anArrayThatIsTooLongHasNoCells(int length) {
		PerCpuLongArray array = new PerCpuLongArray(length);
		assertThat(array.length()).isEqualTo(length);
		assertThat(array.cell(length - 1)).isZero();
		assertThat(array.slot).isZero();
	}

	@Test
	void sumsSurviveAnotherBinding() {
		PerCpuLongArray array = new PerCpuLongArray(2);
		array.add(1, 1);
		for (Binding other : List.of(Binding.NONE, Binding.JNI, Binding.JNA)) {
			Rseq.configure(TestMode.current().options().withBinding(other));
			array.add(1, 10);
		}
		Rseq.configure(TestMode.current().options().withBinding(this.binding));
		array.add(0, 5);
		assertThat(array.sums()).containsExactly(5, 31);
	}

	@Test
	void cellsOfUnreachableArraysAreUsedAgainFromZero() {
		assumeTrue(isNative(), "The binding 'none' has no cells");
		Set<Long> dropped = fillAndDrop();
		List<PerCpuLongArray> kept = new ArrayList<>();
		Set<Long> slots = new HashSet<>();
		long deadline = System.nanoTime() + 20_000_000_000L;
		while (!slots.containsAll(dropped)) {
			assertThat(System.nanoTime()).as("20 s have passed").isLessThan(deadline);
			System.gc();
			for (int i = 0; i < 20; i++) {
				PerCpuLongArray array = new PerCpuLongArray(999);
				assertThat(array.sums()).containsOnly(0);
				array.add(i, 1);
				kept.add(array);
				slots.add(array.slot);
			}
		}
		assertThat(slots).hasSameSizeAs(kept);
		assertThat(kept).allMatch((array) -> Arrays.stream(array.sums()).sum() == 1);
	}

	private static Set<Long> fillAndDrop() {
		Set<Long> slots = new HashSet<>();
		for (int i = 0; i < 20; i++) {
			PerCpuLongArray array = new PerCpuLongArray(1000);
			for (int index = 0; index < array.length(); index++) {
				array.add(index, -1);
			}
			slots.add(array.slot);
		}
		return slots;
	}

}
