package io.github.rseq.benchmarks;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.export.CollectionRegistration;
import io.opentelemetry.sdk.metrics.export.MetricReader;

/**
 * OpenTelemetry's SDK counts only for a reader. This one, as that of Prometheus, is
 * cumulative; it never reads.
 */
final class CumulativeReader implements MetricReader {

	@Override
	public void register(CollectionRegistration registration) {
	}

	@Override
	public AggregationTemporality getAggregationTemporality(InstrumentType type) {
		return AggregationTemporality.CUMULATIVE;
	}

	@Override
	public CompletableResultCode forceFlush() {
		return CompletableResultCode.ofSuccess();
	}

	@Override
	public CompletableResultCode shutdown() {
		return CompletableResultCode.ofSuccess();
	}

}
