package io.github.rseq.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The section on what operations allocate, by JMH's gc profiler. The profiler sees the
 * whole JVM, and JMH itself allocates, in proportion to time: what the empty benchmark
 * allocated in the same time is the baseline, and what is no more than a few times that
 * counts as nothing.
 */
final class Allocation {

	static final String SCENARIO = "allocation";

	private static final double NOISE = 4;

	private static final double NOTHING = 0.01;

	private final Samples samples;

	private final String empty;

	private final List<String> rows = new ArrayList<>();

	/**
	 * Without any rows yet.
	 * @param samples what was measured
	 * @param empty the benchmark that does nothing
	 */
	Allocation(Samples samples, String empty) {
		this.samples = samples;
		this.empty = empty;
	}

	void add(String label, String operation, String benchmark, boolean ours) {
		this.samples.bytes(SCENARIO, benchmark).ifPresent((bytes) -> {
			double baseline = baseline(benchmark);
			boolean none = bytes.median() <= Math.max(NOISE * baseline, NOTHING);
			String result = none ? "0"
					: String.format(Locale.ROOT, "%.2f", bytes.median() - baseline) + (ours ? Page.MISSED : "");
			this.rows.add(String.format(Locale.ROOT, "| %s | `%s` | %s | %.4f | %.4f |", label, operation, result,
					bytes.median(), baseline));
		});
	}

	private double baseline(String benchmark) {
		double bytes = this.samples.bytes(SCENARIO, this.empty).map(Figure::median).orElse(0.0);
		return bytes * nanos(benchmark) / nanos(this.empty);
	}

	private double nanos(String benchmark) {
		return this.samples.nanos(SCENARIO, 1, benchmark).map(Figure::median).orElse(Double.NaN);
	}

	void write(Page page) {
		if (this.rows.isEmpty()) {
			return;
		}
		page.line("## Allocation");
		page.line("");
		page.line("Bytes for one operation, by JMH's gc profiler, which sees the whole JVM. JMH itself allocates in");
		page.line(
				"proportion to time: the last column is what `(empty)` allocated in the time of one operation. Up to");
		page.line("%.0f times that, or %.2f, is no more than the noise, and counts as 0; one object for each operation "
				+ "would be 16.", NOISE, NOTHING);
		page.line("");
		page.rows(List.of("", "operation", "bytes, goal 0", "measured", "of JMH"), this.rows);
	}

}
