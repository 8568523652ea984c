package io.github.rseq.micrometer;

import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.Tags;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.github.rseq.Rseq;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RseqStepCounter}.
 */
class RseqStepCounterTests {

	private static final long STEP = 1000;

	private final MockClock clock = new MockClock();

	private final RseqStepCounter counter = new RseqStepCounter(
			new Meter.Id("jobs", Tags.empty(), null, null, Meter.Type.COUNTER), this.clock, STEP);

	@AfterEach
	void reset() {
		RseqMode.reset();
	}

	private void nextStep() {
		this.clock.add(STEP, TimeUnit.MILLISECONDS);
	}

	@Test
	void countsTheLastStep() {
		this.counter.increment();
		this.counter.increment(0.5);
		assertThat(this.counter.count()).isZero();
		nextStep();
		assertThat(this.counter.count()).isEqualTo(1.5);
		this.counter.increment(7);
		assertThat(this.counter.count()).isEqualTo(1.5);
		nextStep();
		assertThat(this.counter.count()).isEqualTo(7);
		nextStep();
		assertThat(this.counter.count()).isZero();
	}

	@Test
	void countsNothingWhereAStepWasSkipped() {
		this.counter.increment(3);
		nextStep();
		nextStep();
		assertThat(this.counter.count()).isZero();
		nextStep();
		assertThat(this.counter.count()).isZero();
	}

	@Test
	void closingRolloverCountsTheStepThatHasBegun() {
		this.counter.increment(3);
		nextStep();
		assertThat(this.counter.count()).isEqualTo(3);
		this.counter.increment(2);
		this.counter.increment(0.25);
		this.counter._closingRollover();
		assertThat(this.counter.count()).isEqualTo(2.25);
		nextStep();
		assertThat(this.counter.count()).isEqualTo(2.25);
	}

	@Test
	void nanAndHugeAmountsSpoilOneStepOnly() {
		this.counter.increment(Double.NaN);
		nextStep();
		assertThat(this.counter.count()).isNaN();
		this.counter.increment(1e300);
		nextStep();
		assertThat(this.counter.count()).isEqualTo(1e300);
		this.counter.increment(0.1);
		nextStep();
		assertThat(this.counter.count()).isEqualTo(0.1);
	}

	@Test
	void aStepMayHaveBeenCountedOnBothSidesOfTheSwitch() {
		this.counter.increment(3);
		Rseq.setEnabled(false);
		this.counter.increment(4);
		nextStep();
		assertThat(this.counter.count()).isEqualTo(7);
	}

	@Test
	void tellsWhatWasCountedInAllSteps() {
		this.counter.increment(3);
		this.counter.increment(0.5);
		nextStep();
		this.counter.count();
		this.counter.increment(4);
		this.counter.increment(0.25);
		assertThat(this.counter.perCpuValue().total()).isEqualTo(7.75);
	}

}
