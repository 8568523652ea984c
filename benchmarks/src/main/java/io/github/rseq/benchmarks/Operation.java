package io.github.rseq.benchmarks;

/**
 * What is done to a counter.
 */
enum Operation {

	INCREMENT("IncrementBenchmark", "increment()"),

	ADD_HALF("AddHalfBenchmark", "increment(0.5)");

	private final String benchmarks;

	private final String label;

	Operation(String benchmarks, String label) {
		this.benchmarks = benchmarks;
		this.label = label;
	}

	/**
	 * The class of its benchmarks.
	 * @return the simple name
	 */
	String benchmarks() {
		return this.benchmarks;
	}

	String label() {
		return this.label;
	}

}
