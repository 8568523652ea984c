package io.github.rseq;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a recorder must read, computed the plain way: every value is kept with the epoch
 * that it counts as.
 */
final class RecorderModel {

	private final int window;

	private final Map<Object, Line> lines = new HashMap<>();

	private long count;

	private double total;

	RecorderModel(int window) {
		this.window = window;
	}

	/**
	 * Records a value.
	 * @param line whose epoch it is: that of a CPU, or of the cells in Java
	 */
	void record(Object line, double value, int epoch) {
		this.count++;
		this.total += value;
		this.lines.computeIfAbsent(line, (key) -> new Line()).record(value, epoch);
	}

	/**
	 * What was recorded. The total is exact as long as all partial sums are.
	 */
	PerCpuRecorder.Reading read(int epoch) {
		double max = this.lines.values().stream().mapToDouble((line) -> line.max(epoch, this.window)).max().orElse(0);
		return new PerCpuRecorder.Reading(this.count, this.total, max);
	}

	private static final class Line {

		private final TreeMap<Integer, Double> maxima = new TreeMap<>();

		private int latest;

		void record(double value, int epoch) {
			this.latest = Math.max(this.latest, epoch);
			this.maxima.merge(this.latest, value, Math::max);
		}

		double max(int epoch, int window) {
			int now = Math.max(this.latest, epoch);
			return this.maxima.tailMap(now - window, false)
				.values()
				.stream()
				.mapToDouble(Double::doubleValue)
				.max()
				.orElse(0);
		}

	}

}
