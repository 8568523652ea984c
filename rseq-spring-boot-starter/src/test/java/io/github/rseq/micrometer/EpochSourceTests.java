package io.github.rseq.micrometer;

import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.MockClock;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link EpochSource} with a clock that is read on each record.
 */
class EpochSourceTests {

	private final MockClock clock = new MockClock();

	private final EpochSource source = new EpochSource(this.clock, 100, Long.MAX_VALUE, null);

	private void pass(long millis) {
		this.clock.add(millis, TimeUnit.MILLISECONDS);
	}

	@Test
	void beginsWithEpochZero() {
		assertThat(this.source.epoch()).isZero();
		assertThat(this.source.now()).isZero();
	}

	@Test
	void advancesWhenAPeriodHasPassedAndNotBefore() {
		pass(99);
		assertThat(this.source.epoch()).isZero();
		pass(1);
		assertThat(this.source.epoch()).isOne();
		pass(99);
		assertThat(this.source.epoch()).isOne();
		pass(1);
		assertThat(this.source.epoch()).isEqualTo(2);
	}

	@Test
	void staysAlignedAfterAJump() {
		pass(1050);
		assertThat(this.source.now()).isEqualTo(10);
		assertThat(this.source.remaining()).isEqualTo(50);
		pass(50);
		assertThat(this.source.now()).isEqualTo(11);
	}

	@Test
	void neverGoesBack() {
		pass(250);
		assertThat(this.source.now()).isEqualTo(2);
		pass(-250);
		assertThat(this.source.now()).isEqualTo(2);
		pass(299);
		assertThat(this.source.now()).isEqualTo(2);
		pass(1);
		assertThat(this.source.now()).isEqualTo(3);
	}

	@Test
	void advancesByNoMoreThanItsStrideAtATime() {
		EpochSource striding = new EpochSource(this.clock, 100, 3, null);
		pass(750);
		assertThat(striding.now()).isEqualTo(3);
		assertThat(striding.epoch()).isEqualTo(6);
		assertThat(striding.now()).isEqualTo(7);
		assertThat(striding.now()).isEqualTo(7);
	}

	@Test
	void worksWithPeriodsThatNeverEnd() {
		EpochSource endless = new EpochSource(this.clock, Long.MAX_VALUE, Long.MAX_VALUE, null);
		pass(1_000_000_000);
		assertThat(endless.now()).isZero();
		assertThat(endless.epoch()).isZero();
	}

}
