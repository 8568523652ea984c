package io.github.rseq.micrometer;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import io.micrometer.core.instrument.Meter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;

/**
 * The meters that share one name in Prometheus. Thread-safe.
 * <p>
 * Which series gives a family its help text depends on the order in which the map is
 * walked. It is the same kind of map, with the same keys, as in Micrometer's collector,
 * and so it is walked in the same order.
 */
final class PrometheusCollector implements MultiCollector {

	private final PrometheusConfig config;

	private final String name;

	private final Meter.Id firstId;

	private final Map<Meter.Id, PrometheusSeries> series = new ConcurrentHashMap<>();

	/**
	 * A collector without meters.
	 * @param config the registry's configuration
	 * @param name the name in Prometheus
	 * @param firstId the meter that decides which others may follow
	 */
	PrometheusCollector(PrometheusConfig config, String name, Meter.Id firstId) {
		this.config = config;
		this.name = name;
		this.firstId = firstId;
	}

	Meter.Id firstId() {
		return this.firstId;
	}

	void add(Meter.Id id, PrometheusSeries series) {
		this.series.put(id, series);
	}

	void remove(Meter.Id id) {
		this.series.remove(id);
	}

	boolean isEmpty() {
		return this.series.isEmpty();
	}

	@Override
	public MetricSnapshots collect() {
		PrometheusFamilies families = new PrometheusFamilies(this.config.descriptions());
		for (PrometheusSeries series : this.series.values()) {
			series.collect(this.name, families);
		}
		return families.snapshots();
	}

}
