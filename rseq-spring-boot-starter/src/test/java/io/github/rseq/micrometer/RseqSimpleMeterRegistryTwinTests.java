package io.github.rseq.micrometer;

import java.util.Random;
import java.util.stream.Stream;

import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.simple.CountingMode;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import io.github.rseq.Rseq;

/**
 * {@link RseqSimpleMeterRegistry} beside the stock one: whatever is done to both, their
 * meters measure the same.
 */
class RseqSimpleMeterRegistryTwinTests {

	private static final int STEPS = 6000;

	@AfterEach
	void reset() {
		RseqMode.reset();
	}

	// Some fixed seeds, and one that nobody has tried yet; it is in the test's name.
	static Stream<Arguments> runs() {
		long fresh = new Random().nextInt(1_000_000);
		return Stream.of(RseqMode.values())
			.flatMap((mode) -> Stream.of(CountingMode.values())
				.flatMap((counting) -> Stream.of(1L, 2L, 3L, 4L, fresh)
					.map((seed) -> Arguments.of(mode, counting, seed))));
	}

	@ParameterizedTest(name = "{0}, {1}, seed {2}")
	@MethodSource("runs")
	void measuresTheSame(RseqMode mode, CountingMode counting, long seed) {
		mode.apply();
		MockClock clock = new MockClock();
		SimpleConfig config = SimpleConfigs.of(counting);
		MeterTwin<SimpleMeterRegistry> twin = new MeterTwin<>(seed, true, false,
				(rseq) -> rseq ? new RseqSimpleMeterRegistry(config, clock) : new SimpleMeterRegistry(config, clock),
				clock);
		Random random = new Random(seed);
		for (int step = 1; step <= STEPS; step++) {
			if (mode == RseqMode.ACTIVE && random.nextInt(50) == 0) {
				Rseq.setEnabled(random.nextBoolean());
			}
			twin.step();
			if (step % 50 == 0) {
				twin.compare();
			}
		}
	}

}
