package io.github.rseq.micrometer;

import java.util.concurrent.TimeUnit;

import io.github.rseq.PerCpuDoubleRecorder;
import io.github.rseq.PerCpuLongArray;
import io.github.rseq.PerCpuLongRecorder;
import io.github.rseq.PerCpuRecorder;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.Histogram;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.core.instrument.distribution.NoopHistogram;
import io.micrometer.core.instrument.distribution.TimeWindowPercentileHistogram;
import io.prometheus.metrics.core.exemplars.ExemplarSampler;
import io.prometheus.metrics.model.snapshots.Exemplars;
import org.jspecify.annotations.Nullable;

/**
 * The count, total, maximum, buckets, percentiles and exemplars of one timer or
 * distribution summary. Everything that a record writes it writes here, in one native
 * call, but for what only Micrometer's own histogram can count.
 * <p>
 * Thread-safe. A record fills its bucket before it is counted, and a snapshot reads the
 * count first and the buckets after. So no value is in the count of a snapshot and not in
 * its buckets, where it would seem to be above all bounds. Nothing that only grows is
 * ever seen to fall: each cell grows, and each is read once for each snapshot.
 */
abstract class DistributionRecorder {

	private final EpochSource epochs;

	private final @Nullable Buckets buckets;

	private final @Nullable Percentiles percentiles;

	private final @Nullable ExemplarSampler exemplars;

	private final @Nullable Histogram stock;

	private final @Nullable String limit;

	/**
	 * Whether there is nothing but count, total and maximum: one question instead of four
	 * for most meters.
	 */
	private final boolean plain;

	/**
	 * The buckets, where there is nothing else: for the same reason.
	 */
	private final @Nullable Buckets onlyBuckets;

	/**
	 * A recorder.
	 * @param config the meter's configuration
	 * @param epochs where epochs come from
	 * @param buckets the buckets, or {@code null} for none
	 * @param objectives whether percentiles bring service level objectives with them
	 * @param exemplars who samples exemplars, or {@code null} for none
	 * @param stock what can't be recorded per CPU, or {@code null} for nothing
	 */
	DistributionRecorder(DistributionStatisticConfig config, EpochSources epochs, @Nullable Buckets buckets,
			boolean objectives, @Nullable ExemplarSampler exemplars, @Nullable Histogram stock) {
		this.epochs = epochs.ofMax(config);
		this.buckets = buckets;
		this.percentiles = Percentiles.of(config, epochs, objectives);
		this.limit = limit(config, buckets);
		this.exemplars = exemplars;
		this.stock = stock;
		boolean bare = this.percentiles == null && exemplars == null && stock == null;
		this.plain = bare && buckets == null;
		this.onlyBuckets = bare ? buckets : null;
	}

	private static @Nullable String limit(DistributionStatisticConfig config, @Nullable Buckets buckets) {
		if (EpochSources.window(config) > PerCpuRecorder.MAX_WINDOW) {
			return "a buffer length of " + EpochSources.window(config) + " is recorded in Java, above "
					+ PerCpuRecorder.MAX_WINDOW;
		}
		if (buckets != null && buckets.bounds().size() >= PerCpuLongArray.MAX_LENGTH) {
			return buckets.bounds().size() + " buckets are recorded in Java, above " + (PerCpuLongArray.MAX_LENGTH - 1);
		}
		return Percentiles.limit(config);
	}

	abstract PerCpuRecorder recorder();

	final PerCpuRecorder.Reading read() {
		return recorder().read(this.epochs.now());
	}

	final @Nullable Buckets buckets() {
		return this.buckets;
	}

	/**
	 * A snapshot of all that is kept here.
	 * @param infinite whether the buckets, if there are any, have to end with an infinite
	 * one, so that they contain everything
	 * @return the snapshot
	 */
	final HistogramSnapshot snapshot(boolean infinite) {
		// One reading for all three, and the buckets after it.
		PerCpuRecorder.Reading reading = read();
		Histogram stock = (this.stock != null) ? this.stock : NoopHistogram.INSTANCE;
		return complete(stock.takeSnapshot(reading.count(), reading.total(), reading.max()), infinite);
	}

	/**
	 * A snapshot with what is kept here of percentiles and buckets.
	 * @param snapshot the snapshot to complete
	 * @param infinite whether the buckets have to end with an infinite one
	 * @return the complete snapshot
	 */
	final HistogramSnapshot complete(HistogramSnapshot snapshot, boolean infinite) {
		HistogramSnapshot percentiles = (this.percentiles != null) ? this.percentiles.complete(snapshot) : snapshot;
		if (this.buckets == null) {
			return percentiles;
		}
		CountAtBucket[] counts = this.buckets.counts(infinite);
		return new HistogramSnapshot(percentiles.count(), percentiles.total(), percentiles.max(),
				percentiles.percentileValues(), counts, this.buckets.summary(percentiles));
	}

	/**
	 * Fills the buckets for a value that is recorded elsewhere.
	 * @param value the value
	 */
	final void fillBuckets(double value) {
		if (this.buckets != null) {
			this.buckets.cells().add(this.buckets.indexOf(value), 1);
		}
		if (this.percentiles != null) {
			int key = this.percentiles.key(value);
			this.percentiles.cells(key).add(this.percentiles.indexOf(key), 1);
		}
	}

	/**
	 * What of the meter is not recorded per CPU, and why.
	 * @return a clause, or {@code null} where all of it is
	 */
	final @Nullable String limit() {
		return this.limit;
	}

	final Exemplars exemplars() {
		return (this.exemplars != null) ? this.exemplars.collect() : Exemplars.EMPTY;
	}

	/**
	 * How many values were recorded, CPU by CPU.
	 * @param id the meter
	 * @return the counts
	 */
	final PerCpuMeterValue value(Meter.Id id) {
		PerCpuRecorder recorder = recorder();
		return PerCpuMeterValue.of(id, CounterCells.perCpu(recorder.countPerCpu()), recorder.fallbackCount());
	}

	/**
	 * Client-side percentiles where they can't be counted per CPU.
	 * @param clock the clock that time windows go by
	 * @param config what {@link #parentConfig} makes of a meter's configuration
	 * @return a histogram, or {@code null} where they can, or there are none
	 */
	static @Nullable Histogram stock(Clock clock, DistributionStatisticConfig config) {
		return config.isPublishingPercentiles() ? new TimeWindowPercentileHistogram(clock, config, false) : null;
	}

	/**
	 * What Micrometer keeps of a meter: client-side percentiles where they are not kept
	 * here, and nothing else.
	 * @param config the meter's configuration
	 * @return its configuration
	 */
	static DistributionStatisticConfig parentConfig(DistributionStatisticConfig config) {
		DistributionStatisticConfig.Builder parent = DistributionStatisticConfig.builder()
			.percentilesHistogram(false)
			.serviceLevelObjectives();
		if (Percentiles.limit(config) == null) {
			parent.percentiles();
		}
		return parent.build().merge(config);
	}

	/**
	 * Records values of type {@code long}, such as times in nanoseconds.
	 */
	static final class OfLongs extends DistributionRecorder {

		private final PerCpuLongRecorder recorder;

		OfLongs(DistributionStatisticConfig config, EpochSources epochs, @Nullable Buckets buckets, boolean objectives,
				@Nullable ExemplarSampler exemplars, @Nullable Histogram stock) {
			super(config, epochs, buckets, objectives, exemplars, stock);
			this.recorder = new PerCpuLongRecorder(EpochSources.window(config));
		}

		void record(long time, TimeUnit unit) {
			// Where this is inlined, the compiler mostly knows that the unit is
			// nanoseconds and drops the test. It would not drop a conversion.
			record((unit != TimeUnit.NANOSECONDS) ? unit.toNanos(time) : time);
		}

		void record(long value) {
			int epoch = super.epochs.epoch();
			if (super.plain) {
				this.recorder.record(value, epoch);
				return;
			}
			Buckets buckets = super.onlyBuckets;
			if (buckets != null) {
				this.recorder.record(value, epoch, buckets.cells(), buckets.indexOf(value));
			}
			else {
				recordAll(value, epoch);
			}
		}

		private void recordAll(long value, int epoch) {
			if (super.stock != null) {
				super.stock.recordLong(value);
			}
			Buckets buckets = super.buckets;
			Percentiles percentiles = super.percentiles;
			if (percentiles == null) {
				if (buckets == null) {
					this.recorder.record(value, epoch);
				}
				else {
					this.recorder.record(value, epoch, buckets.cells(), buckets.indexOf(value));
				}
			}
			else {
				int key = percentiles.key(value);
				if (buckets == null) {
					this.recorder.record(value, epoch, percentiles.cells(key), percentiles.indexOf(key));
				}
				else {
					this.recorder.record(value, epoch, buckets.cells(), buckets.indexOf(value), percentiles.cells(key),
							percentiles.indexOf(key));
				}
			}
			if (super.exemplars != null) {
				super.exemplars.observe(value);
			}
		}

		@Override
		PerCpuLongRecorder recorder() {
			return this.recorder;
		}

	}

	/**
	 * Records values of type {@code double}.
	 */
	static final class OfDoubles extends DistributionRecorder {

		private final PerCpuDoubleRecorder recorder;

		OfDoubles(DistributionStatisticConfig config, EpochSources epochs, @Nullable Buckets buckets,
				boolean objectives, @Nullable ExemplarSampler exemplars, @Nullable Histogram stock) {
			super(config, epochs, buckets, objectives, exemplars, stock);
			this.recorder = new PerCpuDoubleRecorder(EpochSources.window(config));
		}

		void record(double amount) {
			// An infinite amount that is scaled by zero. It is the maximum then, in
			// Micrometer and here, but only if its sign bit is clear, which depends on
			// the processor.
			double value = (amount != amount) ? Double.NaN : amount;
			int epoch = super.epochs.epoch();
			if (super.plain) {
				this.recorder.record(value, epoch);
				return;
			}
			Buckets buckets = super.onlyBuckets;
			if (buckets != null) {
				this.recorder.record(value, epoch, buckets.cells(), buckets.indexOf(value));
			}
			else {
				recordAll(value, epoch);
			}
		}

		private void recordAll(double value, int epoch) {
			if (super.stock != null) {
				super.stock.recordDouble(value);
			}
			Buckets buckets = super.buckets;
			Percentiles percentiles = super.percentiles;
			if (percentiles == null) {
				if (buckets == null) {
					this.recorder.record(value, epoch);
				}
				else {
					this.recorder.record(value, epoch, buckets.cells(), buckets.indexOf(value));
				}
			}
			else {
				int key = percentiles.key(value);
				if (buckets == null) {
					this.recorder.record(value, epoch, percentiles.cells(key), percentiles.indexOf(key));
				}
				else {
					this.recorder.record(value, epoch, buckets.cells(), buckets.indexOf(value), percentiles.cells(key),
							percentiles.indexOf(key));
				}
			}
			if (super.exemplars != null) {
				super.exemplars.observe(value);
			}
		}

		@Override
		PerCpuDoubleRecorder recorder() {
			return this.recorder;
		}

	}

}
