package io.github.rseq.micrometer;

import io.github.rseq.PerCpuDoubleRecorder;
import io.github.rseq.PerCpuLongRecorder;
import io.github.rseq.PerCpuRecorder;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.prometheus.metrics.core.exemplars.ExemplarSampler;
import io.prometheus.metrics.model.snapshots.Exemplars;
import org.jspecify.annotations.Nullable;

/**
 * The count, total, maximum, buckets and exemplars of one timer or distribution summary.
 * Everything that a record writes, but for client-side percentiles, it writes here, in
 * one call.
 * <p>
 * Thread-safe. A record fills its bucket before it is counted, and a snapshot reads the
 * count first and the buckets after. So no value is in the count of a snapshot and not in
 * its buckets, where it would seem to be above all bounds. Nothing that only grows is
 * ever seen to fall: each cell grows, and each is read once for each snapshot.
 */
abstract class DistributionRecorder {

	private final EpochSource epochs;

	private final @Nullable Buckets buckets;

	private final @Nullable ExemplarSampler exemplars;

	/**
	 * A recorder.
	 * @param epochs the epochs of the maximum
	 * @param buckets the buckets, or {@code null} for none
	 * @param exemplars who samples exemplars, or {@code null} for none
	 */
	DistributionRecorder(EpochSource epochs, @Nullable Buckets buckets, @Nullable ExemplarSampler exemplars) {
		this.epochs = epochs;
		this.buckets = buckets;
		this.exemplars = exemplars;
	}

	abstract PerCpuRecorder recorder();

	final PerCpuRecorder.Reading read() {
		return recorder().read(this.epochs.now());
	}

	final @Nullable Buckets buckets() {
		return this.buckets;
	}

	/**
	 * A snapshot of percentiles, with these buckets added where there are any.
	 * @param percentiles the snapshot to complete
	 * @param infinite whether the buckets have to end with an infinite one
	 * @return the complete snapshot
	 */
	final HistogramSnapshot withBuckets(HistogramSnapshot percentiles, boolean infinite) {
		if (this.buckets == null) {
			return percentiles;
		}
		CountAtBucket[] counts = this.buckets.counts(infinite);
		return new HistogramSnapshot(percentiles.count(), percentiles.total(), percentiles.max(),
				percentiles.percentileValues(), counts, this.buckets.summary(percentiles));
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
	 * What to record of percentiles: nothing of the buckets, which are kept here.
	 * @param config the meter's configuration
	 * @return the configuration without buckets
	 */
	static DistributionStatisticConfig percentilesOnly(DistributionStatisticConfig config) {
		return DistributionStatisticConfig.builder()
			.percentilesHistogram(false)
			.serviceLevelObjectives()
			.build()
			.merge(config);
	}

	/**
	 * Records values of type {@code long}, such as times in nanoseconds.
	 */
	static final class OfLongs extends DistributionRecorder {

		private final PerCpuLongRecorder recorder;

		OfLongs(EpochSource epochs, int window, @Nullable Buckets buckets, @Nullable ExemplarSampler exemplars) {
			super(epochs, buckets, exemplars);
			this.recorder = new PerCpuLongRecorder(window);
		}

		void record(long value) {
			int epoch = super.epochs.epoch();
			Buckets buckets = super.buckets;
			if (buckets == null) {
				this.recorder.record(value, epoch);
			}
			else {
				this.recorder.record(value, epoch, buckets.cells(), buckets.indexOf(value));
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

		OfDoubles(EpochSource epochs, int window, @Nullable Buckets buckets, @Nullable ExemplarSampler exemplars) {
			super(epochs, buckets, exemplars);
			this.recorder = new PerCpuDoubleRecorder(window);
		}

		void record(double amount) {
			// An infinite amount that is scaled by zero. It is the maximum then, in
			// Micrometer and here, but only if its sign bit is clear, which depends on
			// the processor.
			double value = (amount != amount) ? Double.NaN : amount;
			int epoch = super.epochs.epoch();
			Buckets buckets = super.buckets;
			if (buckets == null) {
				this.recorder.record(value, epoch);
			}
			else {
				this.recorder.record(value, epoch, buckets.cells(), buckets.indexOf(value));
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
