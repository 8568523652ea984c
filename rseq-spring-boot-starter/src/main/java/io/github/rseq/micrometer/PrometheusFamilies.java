package io.github.rseq.micrometer;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

import io.micrometer.common.util.internal.logging.InternalLogger;
import io.micrometer.common.util.internal.logging.InternalLoggerFactory;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.DuplicateLabelsException;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import io.prometheus.metrics.model.snapshots.SummarySnapshot.SummaryDataPointSnapshot;
import org.jspecify.annotations.Nullable;

/**
 * The metric families of one scrape of one collector, filled by its series one after the
 * other. The first series of a family decides its type and its help text. Not
 * thread-safe: it lives for one scrape.
 */
final class PrometheusFamilies {

	private static final InternalLogger logger = InternalLoggerFactory.getInstance(PrometheusFamilies.class);

	private final boolean descriptions;

	private final Map<String, Family<?>> families = new HashMap<>();

	/**
	 * Families without any data points yet.
	 * @param descriptions whether help texts are exported
	 */
	PrometheusFamilies(boolean descriptions) {
		this.descriptions = descriptions;
	}

	void add(String name, @Nullable String description, CounterDataPointSnapshot point) {
		add(name, description, CounterSnapshot::new, point);
	}

	void add(String name, @Nullable String description, GaugeDataPointSnapshot point) {
		add(name, description, GaugeSnapshot::new, point);
	}

	void add(String name, @Nullable String description, InfoDataPointSnapshot point) {
		add(name, description, InfoSnapshot::new, point);
	}

	void add(String name, @Nullable String description, SummaryDataPointSnapshot point) {
		add(name, description, SummarySnapshot::new, point);
	}

	/**
	 * Add a histogram's data point.
	 * @param name the family's name
	 * @param description the help text, if there is one
	 * @param gauge whether its values may fall, as those of active tasks do
	 * @param point the data point
	 */
	void add(String name, @Nullable String description, boolean gauge, HistogramDataPointSnapshot point) {
		add(name, description, (metadata, points) -> new HistogramSnapshot(gauge, metadata, points), point);
	}

	@SuppressWarnings("unchecked")
	private <T extends DataPointSnapshot> void add(String name, @Nullable String description,
			BiFunction<MetricMetadata, Collection<T>, MetricSnapshot> factory, T point) {
		Family<?> family = this.families.get(name);
		if (family == null) {
			family = new Family<>(metadata(name, description), factory);
			this.families.put(name, family);
		}
		// Two meters of one type may export points of two, such as a timer with buckets
		// and one without. The client refuses them when the snapshot is built.
		((Family<T>) family).points.add(point);
	}

	private MetricMetadata metadata(String name, @Nullable String description) {
		String help = (this.descriptions && description != null) ? description : " ";
		return new MetricMetadata(name, help, null);
	}

	MetricSnapshots snapshots() {
		List<MetricSnapshot> snapshots = new ArrayList<>(this.families.size());
		for (Family<?> family : this.families.values()) {
			snapshots.add(family.snapshot());
		}
		return new MetricSnapshots(snapshots);
	}

	private static final class Family<T extends DataPointSnapshot> {

		private final MetricMetadata metadata;

		private final BiFunction<MetricMetadata, Collection<T>, MetricSnapshot> factory;

		private final List<T> points = new ArrayList<>();

		Family(MetricMetadata metadata, BiFunction<MetricMetadata, Collection<T>, MetricSnapshot> factory) {
			this.metadata = metadata;
			this.factory = factory;
		}

		/**
		 * The family's snapshot. Two series with the same labels must not fail the whole
		 * scrape: the first one stays.
		 * @return the snapshot
		 */
		MetricSnapshot snapshot() {
			try {
				return this.factory.apply(this.metadata, this.points);
			}
			catch (DuplicateLabelsException ex) {
				logger.debug("Metric family '{}' has several data points with labels {}; the first one is exported",
						this.metadata.getName(), ex.getLabels());
				Set<Labels> seen = new HashSet<>();
				this.points.removeIf((point) -> !seen.add(point.getLabels()));
				return this.factory.apply(this.metadata, this.points);
			}
		}

	}

}
