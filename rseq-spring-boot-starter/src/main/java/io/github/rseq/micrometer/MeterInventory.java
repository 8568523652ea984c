package io.github.rseq.micrometer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

/**
 * What both registries tell about their meters: {@link RseqMeters} for any registry.
 */
final class MeterInventory implements RseqMeters {

	private static final Comparator<PerCpuMeterValue> BY_TAGS = Comparator
		.comparing((value) -> value.id().getTags().toString());

	private final MeterRegistry registry;

	MeterInventory(MeterRegistry registry) {
		this.registry = registry;
	}

	@Override
	public RseqMeterSummary meterSummary() {
		SortedMap<String, RseqMeterSummary.Kind> kinds = new TreeMap<>();
		SortedMap<String, String> limits = new TreeMap<>();
		for (String kind : List.of("counter", "timer", "summary", "other")) {
			kinds.put(kind, new RseqMeterSummary.Kind(0, 0));
		}
		for (Meter meter : this.registry.getMeters()) {
			RseqMeterSummary.Kind one = (meter instanceof PerCpuMeter) ? new RseqMeterSummary.Kind(1, 0)
					: new RseqMeterSummary.Kind(0, 1);
			kinds.merge(kind(meter), one,
					(a, b) -> new RseqMeterSummary.Kind(a.perCpu() + b.perCpu(), a.stock() + b.stock()));
			String limit = (meter instanceof PerCpuMeter perCpuMeter) ? perCpuMeter.limit() : null;
			if (limit != null) {
				limits.put(meter.getId().getName(), limit);
			}
		}
		return new RseqMeterSummary(kinds, limits);
	}

	private static String kind(Meter meter) {
		if (meter instanceof Counter) {
			return "counter";
		}
		if (meter instanceof Timer) {
			return "timer";
		}
		return (meter instanceof DistributionSummary) ? "summary" : "other";
	}

	@Override
	public List<PerCpuMeterValue> perCpuValues(String name) {
		List<PerCpuMeterValue> values = new ArrayList<>();
		for (Meter meter : this.registry.getMeters()) {
			if (meter instanceof PerCpuMeter perCpuMeter && meter.getId().getName().equals(name)) {
				values.add(perCpuMeter.perCpuValue());
			}
		}
		values.sort(BY_TAGS);
		return values;
	}

}
