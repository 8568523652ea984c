package io.github.rseq.benchmarks;

import java.util.Arrays;
import java.util.Locale;

/**
 * A figure of several rounds.
 *
 * @param median the median of the rounds
 * @param min the least
 * @param max the greatest
 */
record Figure(double median, double min, double max) {

	/**
	 * Sums up values.
	 * @param values one of each round, at least one
	 * @return the figure
	 */
	static Figure of(double[] values) {
		double[] sorted = values.clone();
		Arrays.sort(sorted);
		return new Figure(median(sorted), sorted[0], sorted[sorted.length - 1]);
	}

	private static double median(double[] sorted) {
		int middle = sorted.length / 2;
		return (sorted.length % 2 == 1) ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
	}

	Figure divided(double divisor) {
		return new Figure(this.median / divisor, this.min / divisor, this.max / divisor);
	}

	/**
	 * The figure as text, the range in brackets if there was more than one round.
	 * @return such as {@code 2.41 (2.38–2.60)}
	 */
	@Override
	public String toString() {
		String median = number(this.median);
		return (this.min == this.max) ? median : median + " (" + number(this.min) + "–" + number(this.max) + ")";
	}

	/**
	 * Three digits, or all before the point.
	 * @param value a value that is not negative
	 * @return the text
	 */
	static String number(double value) {
		int decimals = (value >= 99.95) ? 0 : (value >= 9.995) ? 1 : 2;
		return String.format(Locale.ROOT, "%." + decimals + "f", value);
	}

}
