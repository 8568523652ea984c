package io.github.rseq.benchmarks;

/**
 * What records, in the order of the tables.
 */
enum TimerSubject {

	EMPTY("empty", "(empty)"),

	CLOCK("twoClockReadings", "two clock readings (floor)"),

	C_LOOP("cLoop", "rseq section in a C loop (floor)"),

	OUR_RECORDER("perCpuRecorder", "**PerCpuRecorder**"),

	OFF_RECORDER("perCpuRecorderOff", "**PerCpuRecorder, switched off**"),

	OUR_PROMETHEUS("ourPrometheus", "**ours, Prometheus**"),

	OFF_PROMETHEUS("offPrometheus", "**ours, Prometheus, switched off**"),

	STOCK_PROMETHEUS("stockPrometheus", "Micrometer Prometheus"),

	OUR_SIMPLE("ourSimple", "**ours, Simple**"),

	OFF_SIMPLE("offSimple", "**ours, Simple, switched off**"),

	STOCK_SIMPLE("stockSimple", "Micrometer Simple"),

	CLIENT_JAVA("clientJava", "Prometheus client_java Histogram"),

	OPEN_TELEMETRY_LONG("openTelemetryLong", "OpenTelemetry LongHistogram"),

	OPEN_TELEMETRY_DOUBLE("openTelemetryDouble", "OpenTelemetry DoubleHistogram"),

	HDR("hdrRecorder", "HdrHistogram Recorder"),

	DROPWIZARD("dropwizard", "Dropwizard Timer");

	/**
	 * Not below stock, but for noise.
	 */
	private static final double OFF_GOAL = 0.95;

	private final String method;

	private final String label;

	TimerSubject(String method, String label) {
		this.method = method;
		this.label = label;
	}

	String label() {
		return this.label;
	}

	String plainLabel() {
		return this.label.replace("*", "");
	}

	boolean isOurs() {
		return name().startsWith("OUR") || isOff();
	}

	boolean isOff() {
		return name().startsWith("OFF");
	}

	/**
	 * Whether it could be used in place of one of our meters. What is there to show the
	 * floor could not.
	 * @return whether it records, and is none of ours
	 */
	boolean isRival() {
		return !isOurs() && this != EMPTY && this != CLOCK && this != C_LOOP;
	}

	/**
	 * What one of our meters is to replace.
	 * @return the subject
	 */
	TimerSubject stock() {
		return name().endsWith("SIMPLE") ? STOCK_SIMPLE : STOCK_PROMETHEUS;
	}

	double goal(TimerOperation operation, String scenario, int threads) {
		return isOff() ? OFF_GOAL : (this == OUR_RECORDER) ? 0 : operation.goal(scenario, threads);
	}

	String benchmark(TimerOperation operation) {
		return operation.benchmark(this.method);
	}

}
