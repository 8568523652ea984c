package io.github.rseq.micrometer;

import java.util.SortedMap;
import java.util.TreeMap;

import io.github.rseq.PerCpuDoubleAdder;
import io.github.rseq.PerCpuLongAdder;
import io.micrometer.core.instrument.Meter;
import org.jspecify.annotations.Nullable;

/**
 * What one counter has counted, per CPU. Whole amounts, which is nearly all of them, are
 * added to long cells; a counter that has seen any other amount has double cells besides.
 * The total is the sum of both. It is what a
 * {@link java.util.concurrent.atomic.DoubleAdder} gives, to the last bit, as long as all
 * amounts are whole and their total is below 2^53. Beyond that, and with fractions, both
 * round, and the order of the additions decides how.
 * <p>
 * Thread-safe. Adding allocates nothing but the double cells, once. Memory: 8 bytes per
 * possible CPU, twice that with double cells.
 */
final class CounterCells {

	/**
	 * The largest whole amount, either side of zero, that goes to the long cells. A cell
	 * then takes at least 2^43 additions to overflow, which no process lives to see: at
	 * this limit that is 8 EiB of bytes counted one MiB at a time.
	 */
	private static final long MAX_WHOLE = 1L << 20;

	private final PerCpuLongAdder whole = new PerCpuLongAdder();

	private volatile @Nullable PerCpuDoubleAdder other;

	/**
	 * Whether an amount goes to long cells. It does not if it is a fraction, large, NaN
	 * or infinite. Negative zero does, as zero: adding either changes no sum.
	 * @param amount the amount
	 * @return whether {@code (long) amount} may be added in its place
	 */
	static boolean isWhole(double amount) {
		long whole = (long) amount;
		return whole == amount && whole <= MAX_WHOLE && whole >= -MAX_WHOLE;
	}

	void increment() {
		this.whole.increment();
	}

	void add(double amount) {
		if (isWhole(amount)) {
			this.whole.add((long) amount);
		}
		else {
			other().add(amount);
		}
	}

	double sum() {
		PerCpuDoubleAdder other = this.other;
		return (other != null) ? this.whole.sum() + other.sum() : this.whole.sum();
	}

	private PerCpuDoubleAdder other() {
		PerCpuDoubleAdder other = this.other;
		return (other != null) ? other : createOther();
	}

	private synchronized PerCpuDoubleAdder createOther() {
		PerCpuDoubleAdder other = this.other;
		if (other == null) {
			other = new PerCpuDoubleAdder();
			this.other = other;
		}
		return other;
	}

	PerCpuMeterValue value(Meter.Id id) {
		SortedMap<Integer, Double> perCpu = perCpu(this.whole.perCpu());
		double fallback = this.whole.fallback();
		PerCpuDoubleAdder other = this.other;
		if (other != null) {
			double[] values = other.perCpu();
			for (int cpu = 0; cpu < values.length; cpu++) {
				if (values[cpu] != 0) {
					perCpu.merge(cpu, values[cpu], Double::sum);
				}
			}
			fallback += other.fallback();
		}
		return PerCpuMeterValue.of(id, perCpu, fallback);
	}

	static SortedMap<Integer, Double> perCpu(long[] values) {
		SortedMap<Integer, Double> perCpu = new TreeMap<>();
		for (int cpu = 0; cpu < values.length; cpu++) {
			if (values[cpu] != 0) {
				perCpu.put(cpu, (double) values[cpu]);
			}
		}
		return perCpu;
	}

}
