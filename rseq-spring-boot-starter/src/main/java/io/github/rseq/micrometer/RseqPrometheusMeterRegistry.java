package io.github.rseq.micrometer;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.LongTaskTimer;
import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.cumulative.CumulativeFunctionCounter;
import io.micrometer.core.instrument.cumulative.CumulativeFunctionTimer;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.Histogram;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.core.instrument.distribution.ValueAtPercentile;
import io.micrometer.core.instrument.distribution.pause.PauseDetector;
import io.micrometer.core.instrument.internal.DefaultGauge;
import io.micrometer.core.instrument.internal.DefaultLongTaskTimer;
import io.micrometer.core.instrument.internal.DefaultMeter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.core.exemplars.ExemplarSampler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.Quantiles;
import io.prometheus.metrics.model.snapshots.SummarySnapshot.SummaryDataPointSnapshot;
import io.prometheus.metrics.tracer.common.SpanContext;
import org.jspecify.annotations.Nullable;

/**
 * A {@link PrometheusMeterRegistry} whose counters, timers and distribution summaries
 * record per CPU. What it exports is what its parent would export, byte for byte. Where
 * rseq cannot be had, or is switched off, they record on adders such as
 * {@link java.util.concurrent.atomic.LongAdder}; nothing else changes.
 * <p>
 * The parent registers its meters with the {@link PrometheusRegistry} through collectors
 * it keeps to itself, and these know the parent's own meters only. So this class makes
 * and registers all meters, of all kinds: names that clash are found when a meter is
 * registered only if one registry knows all of them.
 * <p>
 * Time windows go by epochs: with {@link Clock#SYSTEM} a daemon thread of the registry,
 * which ends when it is closed, tells the meters that one has passed, so that a record
 * does not read the time.
 * <p>
 * Thread-safe, as its parent is. Written against Micrometer 1.17.
 */
public class RseqPrometheusMeterRegistry extends PrometheusMeterRegistry implements RseqMeters {

	private final PrometheusConfig config;

	private final @Nullable PrometheusExemplars exemplars;

	private final ConcurrentMap<String, PrometheusCollector> collectors = new ConcurrentHashMap<>();

	private final EpochSources epochs;

	private final BucketBounds.Shared bounds = new BucketBounds.Shared();

	private final MeterInventory inventory = new MeterInventory(this);

	/**
	 * A registry with a Prometheus registry of its own, by the system's clock.
	 * @param config the configuration
	 */
	public RseqPrometheusMeterRegistry(PrometheusConfig config) {
		this(config, new PrometheusRegistry(), Clock.SYSTEM);
	}

	/**
	 * A registry without exemplars.
	 * @param config the configuration
	 * @param registry where to register the meters
	 * @param clock the clock that time windows go by
	 */
	public RseqPrometheusMeterRegistry(PrometheusConfig config, PrometheusRegistry registry, Clock clock) {
		this(config, registry, clock, null);
	}

	/**
	 * A registry.
	 * @param config the configuration
	 * @param registry where to register the meters
	 * @param clock the clock that time windows go by
	 * @param spanContext where the span of an exemplar is found, or {@code null} for no
	 * exemplars
	 */
	public RseqPrometheusMeterRegistry(PrometheusConfig config, PrometheusRegistry registry, Clock clock,
			@Nullable SpanContext spanContext) {
		super(config, registry, clock, spanContext);
		this.config = config;
		this.exemplars = PrometheusExemplars.of(config, spanContext);
		this.epochs = new EpochSources(clock);
		config().onMeterRemoved(this::unregister);
	}

	@Override
	public Counter newCounter(Meter.Id id) {
		RseqPrometheusCounter counter = new RseqPrometheusCounter(id, this.exemplars);
		long created = this.clock.wallTime();
		register(id, (labels) -> (name, families) -> families.add(name, id.getDescription(),
				new CounterDataPointSnapshot(counter.count(), labels.get(), counter.exemplar(), created)));
		return counter;
	}

	@Override
	public DistributionSummary newDistributionSummary(Meter.Id id, DistributionStatisticConfig config, double scale) {
		Buckets buckets = buckets(config);
		DistributionRecorder.OfDoubles recorder = new DistributionRecorder.OfDoubles(config, this.epochs, buckets,
				false, exemplarSampler(buckets), stock(config));
		DistributionSummary summary = new RseqDistributionSummary(id, scale, recorder);
		long created = this.clock.wallTime();
		register(id, (labels) -> (name, families) -> {
			HistogramSnapshot snapshot = recorder.snapshot(true);
			addDistribution(name, families, id, labels.get(), created, false,
					new Distribution(snapshot.count(), snapshot.total(), snapshot.max(), snapshot.histogramCounts(),
							CountAtBucket::bucket, snapshot.percentileValues(), ValueAtPercentile::value,
							recorder.exemplars()));
		});
		return summary;
	}

	@Override
	protected Timer newTimer(Meter.Id id, DistributionStatisticConfig config, PauseDetector pauseDetector) {
		Buckets buckets = buckets(config);
		DistributionRecorder.OfLongs recorder = new DistributionRecorder.OfLongs(config, this.epochs, buckets, false,
				exemplarSampler(buckets), stock(config));
		Timer timer = RseqTimer.of(id, this.clock, pauseDetector, TimeUnit.SECONDS, recorder);
		registerTimes(id, () -> recorder.snapshot(true), recorder::exemplars, false);
		return timer;
	}

	private @Nullable Histogram stock(DistributionStatisticConfig config) {
		return DistributionRecorder.stock(this.clock, DistributionRecorder.parentConfig(config));
	}

	private @Nullable Buckets buckets(DistributionStatisticConfig config) {
		return config.isPublishingHistogram() ? new CumulativeBuckets(this.bounds.of(config.getHistogramBuckets(true)))
				: null;
	}

	private @Nullable ExemplarSampler exemplarSampler(@Nullable Buckets buckets) {
		if (this.exemplars == null) {
			return null;
		}
		return (buckets != null) ? this.exemplars.sampler(buckets.bounds().toArray()) : this.exemplars.sampler();
	}

	@Override
	protected LongTaskTimer newLongTaskTimer(Meter.Id id, DistributionStatisticConfig config) {
		LongTaskTimer timer = new DefaultLongTaskTimer(id, this.clock, getBaseTimeUnit(), config, true);
		registerTimes(id, timer::takeSnapshot, () -> Exemplars.EMPTY, true);
		return timer;
	}

	private void registerTimes(Meter.Id id, Supplier<HistogramSnapshot> snapshots, Supplier<Exemplars> exemplars,
			boolean gauge) {
		TimeUnit unit = getBaseTimeUnit();
		long created = this.clock.wallTime();
		register(id, (labels) -> (name, families) -> {
			HistogramSnapshot snapshot = snapshots.get();
			addDistribution(name, families, id, labels.get(), created, gauge,
					new Distribution(snapshot.count(), snapshot.total(unit), snapshot.max(unit),
							snapshot.histogramCounts(), (bucket) -> bucket.bucket(unit), snapshot.percentileValues(),
							(percentile) -> percentile.value(unit), PrometheusExemplars.scaled(exemplars.get(), unit)));
		});
	}

	/**
	 * Add a histogram where there are buckets and a summary where there are none, and
	 * besides the maximum, for which neither has a place.
	 * @param gauge whether the histogram's values may fall
	 */
	private static void addDistribution(String name, PrometheusFamilies families, Meter.Id id, Labels labels,
			long created, boolean gauge, Distribution distribution) {
		String description = id.getDescription();
		if (distribution.buckets.length > 0) {
			ClassicHistogramBuckets buckets = PrometheusDistributions.buckets(distribution.buckets, distribution.count,
					distribution.bound);
			families.add(name, description, gauge, new HistogramDataPointSnapshot(buckets, distribution.total, labels,
					distribution.exemplars, created));
		}
		else {
			Quantiles quantiles = PrometheusDistributions.quantiles(distribution.percentiles, distribution.value);
			families.add(name, description, new SummaryDataPointSnapshot(distribution.count, distribution.total,
					quantiles, labels, distribution.exemplars, created));
		}
		families.add(name + "_max", description, new GaugeDataPointSnapshot(distribution.max, labels, null));
	}

	private record Distribution(long count, double total, double max, CountAtBucket[] buckets,
			ToDoubleFunction<CountAtBucket> bound, ValueAtPercentile[] percentiles,
			ToDoubleFunction<ValueAtPercentile> value, Exemplars exemplars) {
	}

	@Override
	protected <T> Gauge newGauge(Meter.Id id, @Nullable T obj, ToDoubleFunction<T> valueFunction) {
		Gauge gauge = new DefaultGauge<>(id, obj, valueFunction);
		if (id.getName().endsWith(".info")) {
			register(id, (labels) -> (name, families) -> families.add(name, id.getDescription(),
					new InfoDataPointSnapshot(labels.get())));
		}
		else {
			register(id, (labels) -> (name, families) -> families.add(name, id.getDescription(),
					new GaugeDataPointSnapshot(gauge.value(), labels.get(), null)));
		}
		return gauge;
	}

	@Override
	protected <T> FunctionTimer newFunctionTimer(Meter.Id id, T obj, ToLongFunction<T> countFunction,
			ToDoubleFunction<T> totalTimeFunction, TimeUnit totalTimeFunctionUnit) {
		FunctionTimer timer = new CumulativeFunctionTimer<>(id, obj, countFunction, totalTimeFunction,
				totalTimeFunctionUnit, getBaseTimeUnit());
		long created = this.clock.wallTime();
		register(id,
				(labels) -> (name, families) -> families.add(name, id.getDescription(),
						new SummaryDataPointSnapshot((long) timer.count(), timer.totalTime(getBaseTimeUnit()),
								Quantiles.EMPTY, labels.get(), null, created)));
		return timer;
	}

	@Override
	protected <T> FunctionCounter newFunctionCounter(Meter.Id id, T obj, ToDoubleFunction<T> countFunction) {
		FunctionCounter counter = new CumulativeFunctionCounter<>(id, obj, countFunction);
		long created = this.clock.wallTime();
		register(id, (labels) -> (name, families) -> families.add(name, id.getDescription(),
				new CounterDataPointSnapshot(counter.count(), labels.get(), null, created)));
		return counter;
	}

	@Override
	protected Meter newMeter(Meter.Id id, Meter.Type type, Iterable<Measurement> measurements) {
		long created = this.clock.wallTime();
		register(id, (labels) -> (name, families) -> {
			for (Measurement measurement : measurements) {
				addMeasurement(name, families, id, labels, created, measurement);
			}
		});
		return new DefaultMeter(id, type, measurements);
	}

	private static void addMeasurement(String name, PrometheusFamilies families, Meter.Id id, PrometheusLabels tags,
			long created, Measurement measurement) {
		Labels labels = tags.with("statistic", measurement.getStatistic().toString());
		String description = id.getDescription();
		double value = measurement.getValue();
		switch (measurement.getStatistic()) {
			case COUNT -> families.add(name, description, new CounterDataPointSnapshot(value, labels, null, created));
			case TOTAL, TOTAL_TIME ->
				families.add(name + "_sum", description, new CounterDataPointSnapshot(value, labels, null, created));
			case MAX -> families.add(name + "_max", description, new GaugeDataPointSnapshot(value, labels, null));
			case VALUE, UNKNOWN ->
				families.add(name + "_value", description, new GaugeDataPointSnapshot(value, labels, null));
			case ACTIVE_TASKS ->
				families.add(name + "_active_count", description, new GaugeDataPointSnapshot(value, labels, null));
			case DURATION ->
				families.add(name + "_duration_sum", description, new GaugeDataPointSnapshot(value, labels, null));
		}
	}

	/**
	 * Export a meter, if its name in Prometheus is free or taken by meters of the same
	 * name and type. Otherwise it is reported and not exported, but counts all the same.
	 */
	private void register(Meter.Id id, Function<PrometheusLabels, PrometheusSeries> series) {
		this.collectors.compute(getConventionName(id), (name, collector) -> {
			if (collector == null) {
				PrometheusCollector added = new PrometheusCollector(this.config, name, id);
				added.add(id, series.apply(labels(id)));
				getPrometheusRegistry().register(added);
				return added;
			}
			String conflict = conflict(id, name, collector.firstId());
			if (conflict != null) {
				meterRegistrationFailed(id, conflict);
			}
			else {
				collector.add(id, series.apply(labels(id)));
			}
			return collector;
		});
	}

	// The texts are Micrometer's: applications and their tests see them in exceptions.
	private static @Nullable String conflict(Meter.Id id, String name, Meter.Id existing) {
		if (!existing.getName().equals(id.getName())) {
			return "A meter with the same Prometheus name (" + name + ") is already registered. "
					+ "Registering this meter with a different Micrometer name that maps to the same Prometheus name "
					+ "would fail with an exception on scrape.";
		}
		if (existing.getType() != id.getType()) {
			return "Prometheus requires that all meters with the same name have the same type. "
					+ "There is already an existing meter named '" + name + "' that is a " + existing.getType()
					+ ". The meter you are attempting to register is a " + id.getType() + ".";
		}
		return null;
	}

	private PrometheusLabels labels(Meter.Id id) {
		return new PrometheusLabels(getConventionTags(id), id.getTagsAsIterable());
	}

	private void unregister(Meter meter) {
		this.collectors.computeIfPresent(getConventionName(meter.getId()), (name, collector) -> {
			collector.remove(meter.getId());
			if (!collector.isEmpty()) {
				return collector;
			}
			getPrometheusRegistry().unregister(collector);
			return null;
		});
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
