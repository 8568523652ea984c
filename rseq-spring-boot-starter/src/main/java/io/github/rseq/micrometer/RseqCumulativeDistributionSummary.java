package io.github.rseq.micrometer;

import java.util.List;

import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Statistic;

/**
 * A distribution summary whose measurements contain the maximum, as those of Micrometer's
 * {@code CumulativeDistributionSummary} do and those of its Prometheus one do not.
 */
final class RseqCumulativeDistributionSummary extends RseqDistributionSummary {

	RseqCumulativeDistributionSummary(Meter.Id id, double scale, DistributionRecorder.OfDoubles recorder) {
		super(id, scale, recorder);
	}

	@Override
	public Iterable<Measurement> measure() {
		return List.of(new Measurement(() -> (double) count(), Statistic.COUNT),
				new Measurement(this::totalAmount, Statistic.TOTAL), new Measurement(this::max, Statistic.MAX));
	}

}
