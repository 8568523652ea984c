package io.github.rseq.micrometer;

import java.time.Duration;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.tck.MeterRegistryCompatibilityKit;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;

/**
 * Micrometer's compatibility kit over {@link RseqPrometheusMeterRegistry}.
 */
class RseqPrometheusMeterRegistryCompatibilityTests {

	@AfterAll
	static void reset() {
		RseqMode.reset();
	}

	abstract static class Kit extends MeterRegistryCompatibilityKit {

		private final RseqMode mode;

		Kit(RseqMode mode) {
			this.mode = mode;
		}

		@Override
		public MeterRegistry registry() {
			this.mode.apply();
			return new RseqPrometheusMeterRegistry(PrometheusConfig.DEFAULT, new PrometheusRegistry(), new MockClock());
		}

		@Override
		public Duration step() {
			return PrometheusConfig.DEFAULT.step();
		}

	}

	@Nested
	class Active extends Kit {

		Active() {
			super(RseqMode.ACTIVE);
		}

	}

	@Nested
	class SwitchedOff extends Kit {

		SwitchedOff() {
			super(RseqMode.SWITCHED_OFF);
		}

	}

	@Nested
	class Unavailable extends Kit {

		Unavailable() {
			super(RseqMode.UNAVAILABLE);
		}

	}

}
