package io.github.rseq.micrometer;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.config.InvalidConfigurationException;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import org.jspecify.annotations.Nullable;

/**
 * The epochs of one registry's meters. With {@link Clock#SYSTEM} meters whose epochs are
 * equally long share them, and one daemon thread, started with the first such meter,
 * advances them. With any other clock each meter has its own epochs, which begin when it
 * is registered, as its time windows do in Micrometer.
 * <p>
 * The thread ends when the registry is closed, or when neither the registry nor any of
 * its meters is reachable. Those who read advance the epochs as well, so that what a
 * closed registry's meters show still grows old.
 * <p>
 * Thread-safe.
 */
final class EpochSources {

	private final Clock clock;

	private final Map<Long, EpochSource> ticking = new ConcurrentHashMap<>();

	private @Nullable Thread ticker;

	private boolean closed;

	EpochSources(Clock clock) {
		this.clock = clock;
	}

	/**
	 * The epochs of a meter's maximum. Each is as long as the whole expiry.
	 * @param config the meter's configuration
	 * @return the epochs
	 * @throws IllegalArgumentException if the expiry is not positive
	 */
	EpochSource ofMax(DistributionStatisticConfig config) {
		long period = expiry(config);
		// The texts are Micrometer's: applications see them when a registration fails.
		if (period <= 0) {
			throw new IllegalArgumentException("Rotate frequency must be a positive number");
		}
		return of(period, Long.MAX_VALUE);
	}

	/**
	 * The epochs of a meter's buckets. Together, those of a window are as long as the
	 * expiry. A clock that is read on each record advances them by no more than one
	 * window at a time: after a pause of several windows Micrometer's buckets need
	 * several readings to catch up, and forget what is recorded meanwhile.
	 * @param config the meter's configuration
	 * @return the epochs
	 * @throws InvalidConfigurationException if an epoch is shorter than a millisecond
	 */
	EpochSource ofBuckets(DistributionStatisticConfig config) {
		int window = window(config);
		long period = expiry(config) / window;
		if (period <= 0) {
			throw new InvalidConfigurationException("Invalid distribution configuration: expiry (" + expiry(config)
					+ "ms) / bufferLength (" + window + ") must be greater than 0.");
		}
		return of(period, window);
	}

	private static long expiry(DistributionStatisticConfig config) {
		Duration expiry = Objects.requireNonNull(config.getExpiry());
		return expiry.toMillis();
	}

	/**
	 * How many epochs a window has.
	 * @param config the meter's configuration
	 * @return the number
	 */
	static int window(DistributionStatisticConfig config) {
		return Objects.requireNonNull(config.getBufferLength());
	}

	private EpochSource of(long period, long stride) {
		if (this.clock != Clock.SYSTEM) {
			return new EpochSource(this.clock, period, stride, null);
		}
		EpochSource source = this.ticking.computeIfAbsent(period,
				(key) -> new EpochSource(this.clock, key, Long.MAX_VALUE, this));
		tick();
		return source;
	}

	private synchronized void tick() {
		if (this.closed) {
			return;
		}
		if (this.ticker == null) {
			Runnable ticks = new Ticks(new WeakReference<>(this));
			// Neither thread locals nor a class loader of whoever registers a meter.
			Thread thread = new Thread(null, ticks, "rseq-epochs", 0, false);
			thread.setDaemon(true);
			thread.setContextClassLoader(null);
			thread.start();
			this.ticker = thread;
		}
		// It may be asleep for longer than a new source's epoch.
		LockSupport.unpark(this.ticker);
	}

	/**
	 * Ends the thread, and waits for its end: who closes a registry next lets go of the
	 * class loader, and servers complain of threads that are left by then.
	 */
	void close() {
		Thread ticker;
		synchronized (this) {
			this.closed = true;
			ticker = this.ticker;
		}
		if (ticker != null) {
			LockSupport.unpark(ticker);
			join(ticker);
		}
	}

	private static void join(Thread ticker) {
		try {
			// It has nothing left to do. If it does not get a CPU, it ends later.
			ticker.join(TimeUnit.SECONDS.toMillis(1));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private synchronized boolean isClosed() {
		return this.closed;
	}

	private long advance() {
		long remaining = Long.MAX_VALUE;
		for (EpochSource source : this.ticking.values()) {
			source.now();
			remaining = Math.min(remaining, source.remaining());
		}
		return remaining;
	}

	/**
	 * What the thread runs. It keeps nothing reachable while it sleeps.
	 */
	private record Ticks(WeakReference<EpochSources> sources) implements Runnable {

		/**
		 * The longest sleep, and so the time after which an unreachable registry's thread
		 * ends, and a change of the system's time is noticed.
		 */
		private static final long LONGEST_SLEEP = TimeUnit.MINUTES.toMillis(1);

		@Override
		public void run() {
			long sleep = advance();
			while (sleep > 0) {
				LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(sleep));
				sleep = advance();
			}
		}

		private long advance() {
			EpochSources sources = this.sources.get();
			return (sources == null || sources.isClosed()) ? 0 : Math.min(sources.advance(), LONGEST_SLEEP);
		}

	}

}
