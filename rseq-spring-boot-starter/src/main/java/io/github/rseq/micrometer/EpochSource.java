package io.github.rseq.micrometer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

import io.micrometer.core.instrument.Clock;
import org.jspecify.annotations.Nullable;

/**
 * The number of the current epoch: how many periods have passed by a clock. A meter that
 * keeps one value for each of its last epochs has a time window without ever moving
 * values around; Micrometer's ring buffers, of which each record writes every entry, show
 * the same ones.
 * <p>
 * The epoch never goes back, even if the clock does. Where the system's clock is meant,
 * those who record don't read it: {@link EpochSources} advances the epoch when a period
 * has passed. A record that comes right after, before the ticker's thread has run, is of
 * the epoch before. Every other clock, such as one of a test, is read on each record.
 * <p>
 * Thread-safe. The number starts at 0, and sections compare epochs as signed numbers, so
 * a source lasts for 2<sup>31</sup> periods.
 */
final class EpochSource {

	private static final VarHandle EPOCH;

	static {
		try {
			EPOCH = MethodHandles.lookup().findVarHandle(EpochSource.class, "epoch", int.class);
		}
		catch (ReflectiveOperationException ex) {
			throw new ExceptionInInitializerError(ex);
		}
	}

	private final Clock clock;

	private final long period;

	private final long stride;

	/**
	 * Who advances this source, kept reachable as long as this source is.
	 */
	private final @Nullable EpochSources ticker;

	private volatile int epoch;

	private volatile long next;

	/**
	 * A source whose epoch 0 begins now.
	 * @param clock the clock
	 * @param period the length of an epoch in milliseconds, at least 1
	 * @param stride how many epochs one reading of the clock advances at most
	 * @param ticker who advances this source, or {@code null} if each record reads the
	 * clock
	 */
	EpochSource(Clock clock, long period, long stride, @Nullable EpochSources ticker) {
		this.clock = clock;
		this.period = period;
		this.stride = stride;
		this.ticker = ticker;
		this.next = clock.wallTime() + period;
	}

	/**
	 * The epoch to record in.
	 * @return the epoch
	 */
	int epoch() {
		return (this.ticker != null) ? (int) EPOCH.getOpaque(this) : now();
	}

	/**
	 * The epoch by the clock, which is read.
	 * @return the epoch
	 */
	int now() {
		long time = this.clock.wallTime();
		if (time - this.next >= 0) {
			advance(time);
		}
		return this.epoch;
	}

	private synchronized void advance(long time) {
		long late = time - this.next;
		if (late >= 0) {
			long epochs = Math.min(late / this.period + 1, this.stride);
			// Before the time: who sees the new one has to see the new epoch too.
			this.epoch += (int) epochs;
			this.next += epochs * this.period;
		}
	}

	/**
	 * How long this epoch lasts from now on.
	 * @return in milliseconds, at least 1
	 */
	long remaining() {
		return Math.max(this.next - this.clock.wallTime(), 1);
	}

}
