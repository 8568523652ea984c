package io.github.rseq.benchmarks;

import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What is compared, in the order of the tables.
 */
enum Subject {

	EMPTY("empty", "(empty)", null, 0),

	PLAIN_FIELD("plainField", "plain field (floor)", null, 0),

	C_LOOP("cLoop", "rseq section in a C loop (floor)", null, 0),

	THREAD_LOCAL("threadLocalCell", "ThreadLocal cell, plain store", null, 0),

	OUR_LONG("perCpuLongAdder", "**PerCpuLongAdder**", "longAdder", 0),

	OUR_LONG_OFF("perCpuLongAdderOff", "**PerCpuLongAdder, switched off**", "longAdder", 0.95),

	LONG_ADDER("longAdder", "LongAdder", null, 0),

	ATOMIC_LONG("atomicLong", "AtomicLong", null, 0),

	JCTOOLS("jcTools", "JCTools striped counter", null, 0),

	OUR_DOUBLE("perCpuDoubleAdder", "**PerCpuDoubleAdder**", "doubleAdder", 0),

	OUR_DOUBLE_OFF("perCpuDoubleAdderOff", "**PerCpuDoubleAdder, switched off**", "doubleAdder", 0.95),

	DOUBLE_ADDER("doubleAdder", "DoubleAdder", null, 0),

	OUR_PROMETHEUS("ourPrometheus", "**our Prometheus counter**", "stockPrometheus", 3),

	OFF_PROMETHEUS("offPrometheus", "**our Prometheus counter, switched off**", "stockPrometheus", 0.95),

	STOCK_PROMETHEUS("stockPrometheus", "Micrometer Prometheus counter", null, 0),

	OUR_SIMPLE("ourSimple", "**our Simple counter**", "stockSimple", 0),

	OFF_SIMPLE("offSimple", "**our Simple counter, switched off**", "stockSimple", 0.95),

	STOCK_SIMPLE("stockSimple", "Micrometer Simple counter", null, 0),

	CLIENT_JAVA("clientJava", "Prometheus client_java counter", null, 0),

	DROPWIZARD("dropwizard", "Dropwizard counter", null, 0),

	OPEN_TELEMETRY("openTelemetry", "OpenTelemetry SDK counter", null, 0);

	private final String method;

	private final String label;

	private final @Nullable String stock;

	private final double goal;

	Subject(String method, String label, @Nullable String stock, double goal) {
		this.method = method;
		this.label = label;
		this.stock = stock;
		this.goal = goal;
	}

	String label() {
		return this.label;
	}

	String plainLabel() {
		return this.label.replace("*", "");
	}

	boolean isOurs() {
		return this.stock != null;
	}

	boolean isOff() {
		return name().contains("OFF");
	}

	/**
	 * Whether it could be used in place of what it is compared with. What is there to
	 * show the floor could not.
	 * @return whether it counts, and can be read
	 */
	boolean isCounter() {
		return this != EMPTY && this != PLAIN_FIELD && this != C_LOOP;
	}

	String benchmark(Operation operation) {
		return operation.benchmarks() + "." + this.method;
	}

	/**
	 * What it is to replace.
	 * @return the subject, or {@code null} if it is none of ours
	 */
	@Nullable Subject stock() {
		return Arrays.stream(values()).filter((subject) -> subject.method.equals(this.stock)).findFirst().orElse(null);
	}

	/**
	 * How many times as much as it what it replaces should take.
	 * @param operation the operation
	 * @return the goal on JDK 25, 0 for none
	 */
	double goal(Operation operation) {
		return (this == OUR_PROMETHEUS && operation == Operation.ADD_HALF) ? 2.5 : this.goal;
	}

	static List<Subject> ours() {
		return Arrays.stream(values()).filter(Subject::isOurs).toList();
	}

}
