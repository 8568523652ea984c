package io.github.rseq.micrometer;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.config.InvalidConfigurationException;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link EpochSources}, most of them with the system's clock. They wait for
 * what has to happen some time, and say nothing of when.
 */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class EpochSourcesTests {

	private static DistributionStatisticConfig config(Duration expiry, int window) {
		return DistributionStatisticConfig.builder().expiry(expiry).bufferLength(window).build();
	}

	@Test
	void metersOfTheSystemClockShareEqualEpochs() {
		EpochSources sources = new EpochSources(Clock.SYSTEM);
		EpochSource hour = sources.ofMax(config(Duration.ofHours(1), 3));
		assertThat(sources.ofMax(config(Duration.ofHours(1), 5))).isSameAs(hour);
		assertThat(sources.ofBuckets(config(Duration.ofHours(3), 3))).isSameAs(hour);
		assertThat(sources.ofBuckets(config(Duration.ofHours(1), 3))).isNotSameAs(hour);
		sources.close();
	}

	@Test
	void metersOfAnotherClockShareNothingAndNeedNoThread() {
		Set<Thread> before = tickers();
		EpochSources sources = new EpochSources(new MockClock());
		DistributionStatisticConfig config = config(Duration.ofMinutes(1), 3);
		assertThat(sources.ofMax(config)).isNotSameAs(sources.ofMax(config));
		assertThat(tickers()).isEqualTo(before);
	}

	@Test
	void theThreadAdvancesTheEpochThatRecordsAreOf() throws Exception {
		EpochSources sources = new EpochSources(Clock.SYSTEM);
		sources.ofMax(config(Duration.ofHours(1), 3));
		EpochSource quick = sources.ofMax(config(Duration.ofMillis(10), 3));
		until(() -> quick.epoch() > 3);
		sources.close();
	}

	@Test
	void theThreadEndsWithCloseAndReadersGoOn() throws Exception {
		Set<Thread> before = tickers();
		EpochSources sources = new EpochSources(Clock.SYSTEM);
		EpochSource source = sources.ofMax(config(Duration.ofMillis(100), 3));
		Set<Thread> started = tickers();
		started.removeAll(before);
		assertThat(started).singleElement().matches(Thread::isDaemon);
		Thread ticker = started.iterator().next();
		sources.close();
		assertThat(ticker.isAlive()).isFalse();
		int epoch = source.epoch();
		until(() -> source.now() > epoch);
		assertThat(source.epoch()).isGreaterThan(epoch);
		sources.ofMax(config(Duration.ofMillis(200), 3));
		assertThat(tickers()).doesNotContain(ticker);
	}

	@Test
	void theThreadEndsWhenNothingIsReachableAnyMore() throws Exception {
		Set<Thread> before = tickers();
		EpochSources sources = new EpochSources(Clock.SYSTEM);
		EpochSource source = sources.ofMax(config(Duration.ofMillis(50), 3));
		Set<Thread> started = tickers();
		started.removeAll(before);
		Thread ticker = started.iterator().next();
		WeakReference<EpochSources> reference = new WeakReference<>(sources);
		sources = null;
		System.gc();
		// A meter alone keeps its epochs going.
		int epoch = source.epoch();
		while (source.epoch() == epoch) {
			Thread.sleep(5);
		}
		assertThat(reference.get()).isNotNull();
		source = null;
		until(() -> {
			System.gc();
			return !ticker.isAlive();
		});
		assertThat(reference.get()).isNull();
	}

	@Test
	void refusesWhatMicrometerRefuses() {
		EpochSources sources = new EpochSources(Clock.SYSTEM);
		assertThatIllegalArgumentException().isThrownBy(() -> sources.ofMax(config(Duration.ZERO, 3)))
			.withMessage("Rotate frequency must be a positive number");
		assertThatExceptionOfType(InvalidConfigurationException.class)
			.isThrownBy(() -> sources.ofBuckets(config(Duration.ofMillis(2), 3)))
			.withMessage(
					"Invalid distribution configuration: " + "expiry (2ms) / bufferLength (3) must be greater than 0.");
	}

	private static Set<Thread> tickers() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().equals("rseq-epochs"))
			.collect(Collectors.toSet());
	}

	private static void until(BooleanSupplier condition) throws InterruptedException {
		while (!condition.getAsBoolean()) {
			Thread.sleep(5);
		}
	}

}
