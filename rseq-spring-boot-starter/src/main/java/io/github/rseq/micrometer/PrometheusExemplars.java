package io.github.rseq.micrometer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.util.TimeUtils;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.prometheus.metrics.config.ExemplarsProperties;
import io.prometheus.metrics.config.PrometheusProperties;
import io.prometheus.metrics.config.PrometheusPropertiesLoader;
import io.prometheus.metrics.core.exemplars.ExemplarSampler;
import io.prometheus.metrics.core.exemplars.ExemplarSamplerConfig;
import io.prometheus.metrics.model.snapshots.Exemplar;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.tracer.common.SpanContext;
import org.jspecify.annotations.Nullable;

/**
 * Samplers of exemplars, for registries that were given a {@link SpanContext}.
 */
final class PrometheusExemplars {

	private final SpanContext spanContext;

	private final ExemplarsProperties properties;

	private final ExemplarSamplerConfig single;

	private PrometheusExemplars(SpanContext spanContext, ExemplarsProperties properties) {
		this.spanContext = spanContext;
		this.properties = properties;
		this.single = new ExemplarSamplerConfig(properties, 1);
	}

	/**
	 * The samplers of a registry.
	 * @param config the registry's configuration
	 * @param spanContext where the current span is found, or {@code null}
	 * @return the samplers, or {@code null} where there is no span context
	 */
	static @Nullable PrometheusExemplars of(PrometheusConfig config, @Nullable SpanContext spanContext) {
		if (spanContext == null) {
			return null;
		}
		Properties properties = config.prometheusProperties();
		PrometheusProperties loaded = (properties != null) ? PrometheusPropertiesLoader.load(properties)
				: PrometheusPropertiesLoader.load();
		return new PrometheusExemplars(spanContext, loaded.getExemplarProperties());
	}

	/**
	 * A sampler that keeps one exemplar.
	 * @return the sampler
	 */
	ExemplarSampler sampler() {
		return new ExemplarSampler(this.single, this.spanContext);
	}

	/**
	 * A sampler that keeps one exemplar for each bucket.
	 * @param upperBounds the buckets' upper bounds; the infinite one is added where it is
	 * missing
	 * @return the sampler
	 */
	ExemplarSampler sampler(double[] upperBounds) {
		double[] bounds = upperBounds;
		if (bounds[bounds.length - 1] != Double.POSITIVE_INFINITY) {
			bounds = Arrays.copyOf(bounds, bounds.length + 1);
			bounds[bounds.length - 1] = Double.POSITIVE_INFINITY;
		}
		return new ExemplarSampler(new ExemplarSamplerConfig(this.properties, bounds), this.spanContext);
	}

	/**
	 * Exemplars of nanoseconds, in another unit.
	 * @param exemplars the exemplars, with values in nanoseconds
	 * @param unit the unit wanted
	 * @return the same exemplars with values in that unit
	 */
	static Exemplars scaled(Exemplars exemplars, TimeUnit unit) {
		if (exemplars.size() == 0) {
			return exemplars;
		}
		List<Exemplar> scaled = new ArrayList<>(exemplars.size());
		for (Exemplar exemplar : exemplars) {
			scaled.add(new Exemplar(TimeUtils.convert(exemplar.getValue(), TimeUnit.NANOSECONDS, unit),
					exemplar.getLabels(), exemplar.getTimestampMillis()));
		}
		return Exemplars.of(scaled);
	}

}
