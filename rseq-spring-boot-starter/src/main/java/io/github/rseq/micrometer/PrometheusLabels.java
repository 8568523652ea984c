package io.github.rseq.micrometer;

import java.util.ArrayList;
import java.util.List;

import io.micrometer.core.instrument.Tag;
import io.prometheus.metrics.model.snapshots.Labels;
import org.jspecify.annotations.Nullable;

/**
 * The labels of one meter: the keys as the naming convention has them, the values as they
 * are. The convention is asked when the meter is registered. The labels are built on the
 * first scrape, not before: keys that Prometheus refuses fail the scrape, as they do in
 * Micrometer, and never the registration.
 */
final class PrometheusLabels {

	private final List<String> keys;

	private final List<String> values;

	// Labels are immutable, so a race builds them twice and nothing else.
	private @Nullable Labels labels;

	/**
	 * The labels of a meter.
	 * @param conventionTags the tags as the naming convention has them
	 * @param tags the tags as they are
	 */
	PrometheusLabels(List<Tag> conventionTags, Iterable<Tag> tags) {
		this.keys = new ArrayList<>(conventionTags.size());
		for (Tag tag : conventionTags) {
			this.keys.add(tag.getKey());
		}
		this.values = new ArrayList<>(conventionTags.size());
		for (Tag tag : tags) {
			this.values.add(tag.getValue());
		}
	}

	Labels get() {
		Labels labels = this.labels;
		if (labels == null) {
			labels = Labels.of(this.keys, this.values);
			this.labels = labels;
		}
		return labels;
	}

	/**
	 * These labels and one more.
	 * @param key the label's name
	 * @param value its value
	 * @return the labels
	 */
	Labels with(String key, String value) {
		List<String> keys = new ArrayList<>(this.keys);
		keys.add(key);
		List<String> values = new ArrayList<>(this.values);
		values.add(value);
		return Labels.of(keys, values);
	}

}
