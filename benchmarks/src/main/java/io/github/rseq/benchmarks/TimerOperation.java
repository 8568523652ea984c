package io.github.rseq.benchmarks;

/**
 * What is done to a timer or summary, and how many times as much stock should take.
 */
enum TimerOperation {

	TIMER("TimerBenchmark", "Timer.record(nanos)", new Goals(7, 7, 2.5, 2.5)),

	SUMMARY("SummaryBenchmark", "DistributionSummary.record(amount)", new Goals(6, 6, 0, 0)),

	SLO_BUCKETS("SloBucketsBenchmark", "Timer + 3 SLO buckets", new Goals(8, 15, 4, 8)),

	HISTOGRAM("HistogramBenchmark", "Timer + percentile histogram", new Goals(8, 15, 4, 8)),

	PERCENTILES("PercentilesBenchmark", "Timer + client-side percentiles", new Goals(12, 40, 8, 20)),

	BOTH("BothBenchmark", "Timer + histogram and percentiles", Goals.NONE),

	RUNNABLE("RunnableBenchmark", "Timer.record(Runnable)", Goals.NONE),

	SAMPLE("SampleBenchmark", "Timer.start, Sample.stop", Goals.NONE),

	TIMED("TimedMethodBenchmark", "as @Timed does", Goals.NONE);

	private final String benchmarks;

	private final String label;

	private final Goals goals;

	TimerOperation(String benchmarks, String label, Goals goals) {
		this.benchmarks = benchmarks;
		this.label = label;
		this.goals = goals;
	}

	/**
	 * The goals of an operation.
	 *
	 * @param one JDK 25, one thread
	 * @param two JDK 25, two threads
	 * @param oneJni JDK 17 without flags, one thread
	 * @param twoJni JDK 17 without flags, two threads
	 */
	private record Goals(double one, double two, double oneJni, double twoJni) {

		static final Goals NONE = new Goals(0, 0, 0, 0);

	}

	String label() {
		return this.label;
	}

	/**
	 * Whether the times are given. Otherwise the clock is read twice.
	 * @return whether no clock needs to be read
	 */
	boolean isGiven() {
		return ordinal() < RUNNABLE.ordinal();
	}

	String benchmark(String method) {
		return this.benchmarks + "." + method;
	}

	/**
	 * How many times as much as ours the stock one should take at least.
	 * @param scenario where, by its name in run.sh
	 * @param threads the number of threads
	 * @return the goal, 0 for none
	 */
	double goal(String scenario, int threads) {
		boolean jni = scenario.equals("jdk17");
		return switch (threads) {
			case 1 -> jni ? this.goals.oneJni() : this.goals.one();
			case 2 -> jni ? this.goals.twoJni() : this.goals.two();
			default -> 0;
		};
	}

}
