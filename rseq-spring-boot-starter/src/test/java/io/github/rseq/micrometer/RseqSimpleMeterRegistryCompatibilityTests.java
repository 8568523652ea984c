package io.github.rseq.micrometer;

import java.time.Duration;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.simple.CountingMode;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.tck.MeterRegistryCompatibilityKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;

/**
 * Micrometer's compatibility kit over {@link RseqSimpleMeterRegistry}, in both counting
 * modes.
 */
class RseqSimpleMeterRegistryCompatibilityTests {

	@AfterAll
	static void reset() {
		RseqMode.reset();
	}

	abstract static class Kit extends MeterRegistryCompatibilityKit {

		private final RseqMode mode;

		private final CountingMode countingMode;

		Kit(RseqMode mode, CountingMode countingMode) {
			this.mode = mode;
			this.countingMode = countingMode;
		}

		@Override
		public MeterRegistry registry() {
			this.mode.apply();
			return new RseqSimpleMeterRegistry(SimpleConfigs.of(this.countingMode), new MockClock());
		}

		@Override
		public Duration step() {
			return SimpleConfig.DEFAULT.step();
		}

	}

	@Nested
	class ActiveCumulative extends Kit {

		ActiveCumulative() {
			super(RseqMode.ACTIVE, CountingMode.CUMULATIVE);
		}

	}

	@Nested
	class ActiveStep extends Kit {

		ActiveStep() {
			super(RseqMode.ACTIVE, CountingMode.STEP);
		}

	}

	@Nested
	class SwitchedOffCumulative extends Kit {

		SwitchedOffCumulative() {
			super(RseqMode.SWITCHED_OFF, CountingMode.CUMULATIVE);
		}

	}

	@Nested
	class SwitchedOffStep extends Kit {

		SwitchedOffStep() {
			super(RseqMode.SWITCHED_OFF, CountingMode.STEP);
		}

	}

	@Nested
	class UnavailableCumulative extends Kit {

		UnavailableCumulative() {
			super(RseqMode.UNAVAILABLE, CountingMode.CUMULATIVE);
		}

	}

	@Nested
	class UnavailableStep extends Kit {

		UnavailableStep() {
			super(RseqMode.UNAVAILABLE, CountingMode.STEP);
		}

	}

}
