package io.github.rseq.benchmarks;

/**
 * Where run.sh measures, by its names.
 */
enum Scenario {

	JDK25("jdk25", "platform threads"),

	JDK25_VIRTUAL("jdk25-virtual", "virtual threads, as many carriers as threads"),

	JDK17("jdk17", "no flags (adders stay in Java)"),

	JDK17_FOREIGN("jdk17-foreign",
			"`--add-modules jdk.incubator.foreign --enable-native-access=ALL-UNNAMED` (binding foreign)"),

	JDK17_JNI("jdk17-jni", "binding JNI, asked for by name"),

	JDK25_JNI("jdk25-jni", "binding JNI"),

	JDK25_JNA("jdk25-jna", "binding JNA"),

	JDK25_C1("jdk25-c1", "C1 only (`-XX:TieredStopAtLevel=1`)"),

	JDK25_C1_JNI("jdk25-c1-jni", "C1 only, binding JNI"),

	JDK25_INTERPRETER("jdk25-int", "interpreter only (`-Xint`)"),

	JDK25_INTERPRETER_JNI("jdk25-int-jni", "interpreter only, binding JNI");

	private final String directory;

	private final String label;

	Scenario(String directory, String label) {
		this.directory = directory;
		this.label = label;
	}

	String directory() {
		return this.directory;
	}

	String label(Samples samples) {
		return "JDK " + samples.jdk(this.directory).orElse("?") + ", " + this.label;
	}

	/**
	 * How many times as much as ours the stock one should take at least.
	 * @param subject ours
	 * @param operation the operation
	 * @return the goal, 0 for none
	 */
	double goal(Subject subject, Operation operation) {
		return switch (this) {
			case JDK25 -> subject.goal(operation);
			case JDK17 ->
				(subject == Subject.OUR_PROMETHEUS || subject == Subject.OUR_SIMPLE) ? 0.9 : subject.isOff() ? 0.95 : 0;
			default -> 0;
		};
	}

}
