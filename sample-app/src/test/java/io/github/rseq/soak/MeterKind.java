package io.github.rseq.soak;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;

/**
 * Every kind of meter that records per CPU.
 */
enum MeterKind {

	WHOLE_COUNTER {

		@Override
		Meter register(MeterRegistry registry, String name, Tags tags) {
			return registry.counter(name, tags);
		}

	},

	FRACTION_COUNTER {

		@Override
		Meter register(MeterRegistry registry, String name, Tags tags) {
			return registry.counter(name, tags);
		}

	},

	TIMER {

		@Override
		Meter register(MeterRegistry registry, String name, Tags tags) {
			return timer(registry, name, tags, (builder) -> builder);
		}

	},

	SLO_TIMER {

		@Override
		Meter register(MeterRegistry registry, String name, Tags tags) {
			return timer(registry, name, tags,
					(builder) -> builder.serviceLevelObjectives(Duration.ofMillis(1), Duration.ofMillis(10)));
		}

	},

	HISTOGRAM_TIMER {

		@Override
		Meter register(MeterRegistry registry, String name, Tags tags) {
			return timer(registry, name, tags, (builder) -> builder.publishPercentileHistogram());
		}

	},

	PERCENTILES_TIMER {

		@Override
		Meter register(MeterRegistry registry, String name, Tags tags) {
			return timer(registry, name, tags, (builder) -> builder.publishPercentiles(0.5, 0.99));
		}

	},

	HISTOGRAM_AND_PERCENTILES_TIMER {

		@Override
		Meter register(MeterRegistry registry, String name, Tags tags) {
			return timer(registry, name, tags,
					(builder) -> builder.publishPercentileHistogram().publishPercentiles(0.5, 0.99));
		}

	},

	SUMMARY {

		@Override
		Meter register(MeterRegistry registry, String name, Tags tags) {
			return registry.summary(name, tags);
		}

	};

	/**
	 * Exact in binary, so that no sum of it is rounded.
	 */
	private static final double FRACTION = 0.25;

	abstract Meter register(MeterRegistry registry, String name, Tags tags);

	private static Timer timer(MeterRegistry registry, String name, Tags tags, UnaryOperator<Timer.Builder> with) {
		return with.apply(Timer.builder(name).tags(tags)).register(registry);
	}

	void record(Meter meter, long operation) {
		if (meter instanceof Counter counter) {
			counter.increment((this == FRACTION_COUNTER) ? FRACTION : 1);
		}
		else if (meter instanceof Timer timer) {
			timer.record(1 + (operation & 31), TimeUnit.MILLISECONDS);
		}
		else {
			((DistributionSummary) meter).record(1 + (operation & 31));
		}
	}

	/**
	 * How many operations the meter tells of.
	 */
	double count(Meter meter) {
		if (meter instanceof Counter counter) {
			return counter.count() / ((this == FRACTION_COUNTER) ? FRACTION : 1);
		}
		return (meter instanceof Timer timer) ? timer.count() : ((DistributionSummary) meter).count();
	}

	String meterName(String prefix) {
		return prefix + "." + name().toLowerCase(Locale.ROOT).replace('_', '.');
	}

}
