package io.github.rseq;

/**
 * The way from Java to the native critical sections.
 */
public enum Binding {

	/**
	 * A foreign-linker downcall without a thread transition:
	 * {@code Linker.Option.critical} on JDK 22 and later, {@code isTrivial} on JDK 21,
	 * the incubator's trivial attribute on JDK 17 started with
	 * {@code --add-modules jdk.incubator.foreign --enable-native-access=ALL-UNNAMED}. On
	 * JDK 17 never chosen on its own, as a call may stay slow for the life of a JVM.
	 */
	FOREIGN,

	/**
	 * A JNI native method; on every JDK.
	 */
	JNI,

	/**
	 * A JNA direct mapping; on every JDK, far slower than {@link #JNI}. Never chosen on
	 * its own.
	 */
	JNA,

	/**
	 * No native call: every record goes to the fallback cells.
	 */
	NONE

}
