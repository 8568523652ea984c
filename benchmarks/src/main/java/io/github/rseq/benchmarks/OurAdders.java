package io.github.rseq.benchmarks;

import io.github.rseq.PerCpuDoubleAdder;
import io.github.rseq.PerCpuLongAdder;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * Our adders, on and off. One fork measures one of them, so the switch is nobody else's.
 */
public abstract class OurAdders {

	final PerCpuLongAdder whole;

	final PerCpuDoubleAdder fraction;

	OurAdders(Mode mode) {
		mode.apply();
		this.whole = new PerCpuLongAdder();
		this.fraction = new PerCpuDoubleAdder();
	}

	/**
	 * On.
	 */
	@State(Scope.Benchmark)
	public static class On extends OurAdders {

		/**
		 * Adders that record per CPU.
		 */
		public On() {
			super(Mode.ON);
		}

	}

	/**
	 * Switched off.
	 */
	@State(Scope.Benchmark)
	public static class Off extends OurAdders {

		/**
		 * Adders that record to their fallback.
		 */
		public Off() {
			super(Mode.OFF);
		}

	}

}
