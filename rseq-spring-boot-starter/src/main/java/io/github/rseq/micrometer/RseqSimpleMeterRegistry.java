package io.github.rseq.micrometer;

import java.util.List;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.Histogram;
import io.micrometer.core.instrument.distribution.HistogramGauges;
import io.micrometer.core.instrument.distribution.pause.PauseDetector;
import io.micrometer.core.instrument.simple.CountingMode;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.jspecify.annotations.Nullable;

/**
 * A {@link SimpleMeterRegistry} whose counters, timers and distribution summaries record
 * per CPU, in both counting modes. All other meters are the parent's. Where rseq cannot
 * be had, or is switched off, they record on adders such as
 * {@link java.util.concurrent.atomic.LongAdder}; nothing else changes.
 * <p>
 * Time windows go by epochs: with {@link Clock#SYSTEM} a daemon thread of the registry,
 * which ends when it is closed, tells the meters that one has passed, so that a record
 * does not read the time.
 * <p>
 * Thread-safe, as its parent is.
 */
public class RseqSimpleMeterRegistry extends SimpleMeterRegistry implements RseqMeters {

	private final SimpleConfig config;

	private final EpochSources epochs;

	private final BucketBounds.Shared bounds = new BucketBounds.Shared();

	private final MeterInventory inventory = new MeterInventory(this);

	/**
	 * A registry that counts cumulatively by the system's clock.
	 */
	public RseqSimpleMeterRegistry() {
		this(SimpleConfig.DEFAULT, Clock.SYSTEM);
	}

	/**
	 * A registry.
	 * @param config the counting mode and the step
	 * @param clock the clock that steps and time windows go by
	 */
	public RseqSimpleMeterRegistry(SimpleConfig config, Clock clock) {
		super(config, clock);
		this.config = config;
		this.epochs = new EpochSources(clock);
	}

	@Override
	protected Counter newCounter(Meter.Id id) {
		return isCumulative() ? new RseqCumulativeCounter(id) : new RseqStepCounter(id, this.clock, stepMillis());
	}

	@Override
	protected Timer newTimer(Meter.Id id, DistributionStatisticConfig config, PauseDetector pauseDetector) {
		DistributionStatisticConfig merged = withExpiry(config);
		DistributionStatisticConfig parent = parentConfig(merged);
		Timer timer = isCumulative()
				? RseqTimer.of(id, this.clock, pauseDetector, getBaseTimeUnit(),
						recorderOfLongs(merged, DistributionRecorder.stock(this.clock, parent)))
				: new RseqStepTimer(id, this.clock, parent, pauseDetector, getBaseTimeUnit(), stepMillis(),
						recorderOfLongs(merged, null));
		HistogramGauges.registerWithCommonFormat(timer, this);
		return timer;
	}

	@Override
	protected DistributionSummary newDistributionSummary(Meter.Id id, DistributionStatisticConfig config,
			double scale) {
		DistributionStatisticConfig merged = withExpiry(config);
		DistributionStatisticConfig parent = parentConfig(merged);
		DistributionSummary summary = isCumulative()
				? new RseqCumulativeDistributionSummary(id, scale,
						new DistributionRecorder.OfDoubles(merged, this.epochs, buckets(merged), true, null,
								DistributionRecorder.stock(this.clock, parent)))
				: new RseqStepDistributionSummary(id, this.clock, merged, parent, scale, stepMillis(),
						recorderOfLongs(merged, null));
		HistogramGauges.registerWithCommonFormat(summary, this);
		return summary;
	}

	private DistributionRecorder.OfLongs recorderOfLongs(DistributionStatisticConfig config,
			@Nullable Histogram stock) {
		return new DistributionRecorder.OfLongs(config, this.epochs, buckets(config), true, null, stock);
	}

	private DistributionStatisticConfig withExpiry(DistributionStatisticConfig config) {
		return config.merge(DistributionStatisticConfig.builder().expiry(this.config.step()).build());
	}

	private boolean isCumulative() {
		return this.config.mode() == CountingMode.CUMULATIVE;
	}

	private long stepMillis() {
		return this.config.step().toMillis();
	}

	/**
	 * What Micrometer keeps of a meter. Where that is percentiles, it is the buckets too,
	 * which it takes from the same histogram.
	 */
	private static DistributionStatisticConfig parentConfig(DistributionStatisticConfig config) {
		return (Percentiles.limit(config) != null) ? config : DistributionRecorder.parentConfig(config);
	}

	private @Nullable Buckets buckets(DistributionStatisticConfig config) {
		if (config.isPublishingPercentiles() || !config.isPublishingHistogram()) {
			return null;
		}
		return new WindowBuckets(this.bounds.of(config.getHistogramBuckets(false)), this.epochs.ofBuckets(config),
				EpochSources.window(config));
	}

	@Override
	public void close() {
		super.close();
		this.epochs.close();
	}

	@Override
	public RseqMeterSummary meterSummary() {
		return this.inventory.meterSummary();
	}

	@Override
	public List<PerCpuMeterValue> perCpuValues(String name) {
		return this.inventory.perCpuValues(name);
	}

}
