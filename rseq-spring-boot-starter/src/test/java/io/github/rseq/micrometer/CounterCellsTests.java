package io.github.rseq.micrometer;

import java.util.concurrent.atomic.DoubleAdder;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.rseq.Rseq;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link CounterCells}.
 */
class CounterCellsTests {

	private static final Meter.Id ID = new Meter.Id("jobs", Tags.empty(), null, null, Meter.Type.COUNTER);

	@AfterEach
	void reset() {
		RseqMode.reset();
	}

	@ParameterizedTest
	@ValueSource(doubles = { 0, -0.0, 1, -1, 1000, 0x1p20, -0x1p20 })
	void smallWholeAmountsAreWhole(double amount) {
		assertThat(CounterCells.isWhole(amount)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(doubles = { 0.5, -0.5, 0x1p20 + 1, -0x1p20 - 1, 0x1p53, 0x1p63, -0x1p63, 1e300, Double.MIN_VALUE,
			Double.MAX_VALUE, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY })
	void allOtherAmountsAreNot(double amount) {
		assertThat(CounterCells.isWhole(amount)).isFalse();
	}

	@ParameterizedTest
	@EnumSource
	void sumsAsADoubleAdderDoes(RseqMode mode) {
		mode.apply();
		double[][] runs = { {}, { -0.0 }, { 1, 2, 3 }, { 0.5, 1, -3.25 }, { 0x1p53, 1 }, { Double.NaN, 1 },
				{ Double.POSITIVE_INFINITY, 1 }, { Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY },
				{ 0x1p52, 0x1p52 - 1 }, { Double.MAX_VALUE, Double.MAX_VALUE }, { -0.0, -0.0 }, { 3, -3 } };
		for (double[] amounts : runs) {
			CounterCells cells = new CounterCells();
			DoubleAdder adder = new DoubleAdder();
			for (double amount : amounts) {
				cells.add(amount);
				adder.add(amount);
			}
			assertThat(Double.doubleToLongBits(cells.sum())).as("%s", amounts)
				.isEqualTo(Double.doubleToLongBits(adder.sum()));
		}
	}

	@Test
	void wholeAmountsAreExactWhereADoubleIsNot() {
		CounterCells cells = new CounterCells();
		cells.add(0x1p52);
		cells.add(0x1p52);
		cells.increment();
		cells.increment();
		assertThat(cells.sum()).isEqualTo(0x1p53 + 2);
	}

	@Test
	void tellsWhatWasCountedOnWhichCpuAndOnTheFallback() {
		RseqMode.applyPerCpu();
		CounterCells cells = new CounterCells();
		cells.add(5);
		cells.add(0.25);
		Rseq.setEnabled(false);
		cells.add(2);
		cells.add(0.5);
		PerCpuMeterValue value = cells.value(ID);
		assertThat(value.id()).isSameAs(ID);
		assertThat(value.fallback()).isEqualTo(2.5);
		assertThat(value.perCpu().values().stream().mapToDouble(Double::doubleValue).sum()).isEqualTo(5.25);
		assertThat(value.perCpu().keySet()).allMatch((cpu) -> cpu >= 0 && cpu < Rseq.status().cpus().possible());
		assertThat(value.total()).isEqualTo(7.75);
	}

	@Test
	void leavesOutCpusThatCountedNothing() {
		RseqMode.UNAVAILABLE.apply();
		CounterCells cells = new CounterCells();
		cells.increment();
		assertThat(cells.value(ID).perCpu()).isEmpty();
		assertThat(cells.value(ID).fallback()).isEqualTo(1);
	}

}
