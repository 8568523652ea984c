package io.github.rseq.binding;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;

import io.github.rseq.control.NativeLibrary;

/**
 * The native functions that are called while recording and reading, as one binding
 * reaches them.
 *
 * @param addLong {@code (long slot, long delta)void}
 * @param addDouble {@code (long slot, double delta)void}
 * @param recordLong {@code (long slot, long value, long epoch)int}
 * @param recordDouble {@code (long slot, double value, long epoch)int}
 * @param recordBucketsLong
 * {@code (long slot, long value, long epoch, long bucket, long bucket2)int}
 * @param recordBucketsDouble
 * {@code (long slot, double value, long epoch, long bucket, long bucket2)int}
 * @param sumLong {@code (long slot)long}
 * @param sumDouble {@code (long slot)double}
 * @param currentCpu {@code ()int}
 */
public record BindingHandles(MethodHandle addLong, MethodHandle addDouble, MethodHandle recordLong,
		MethodHandle recordDouble, MethodHandle recordBucketsLong, MethodHandle recordBucketsDouble,
		MethodHandle sumLong, MethodHandle sumDouble, MethodHandle currentCpu) {

	static final MethodType ADD_LONG = MethodType.methodType(void.class, long.class, long.class);

	static final MethodType ADD_DOUBLE = MethodType.methodType(void.class, long.class, double.class);

	static final MethodType RECORD_LONG = MethodType.methodType(int.class, long.class, long.class, long.class);

	static final MethodType RECORD_DOUBLE = MethodType.methodType(int.class, long.class, double.class, long.class);

	static final MethodType RECORD_BUCKETS_LONG = RECORD_LONG.appendParameterTypes(long.class, long.class);

	static final MethodType RECORD_BUCKETS_DOUBLE = RECORD_DOUBLE.appendParameterTypes(long.class, long.class);

	static final MethodType SUM_LONG = MethodType.methodType(long.class, long.class);

	static final MethodType SUM_DOUBLE = MethodType.methodType(double.class, long.class);

	static final MethodType CURRENT_CPU = MethodType.methodType(int.class);

	/**
	 * Finds each function by name and type.
	 * @param mode which variant of the recording functions
	 * @param finder what finds one
	 * @return the handles
	 * @throws ReflectiveOperationException where one can't be found
	 */
	static BindingHandles find(NativeLibrary.Mode mode, Finder finder) throws ReflectiveOperationException {
		return new BindingHandles(finder.find(mode.recording("add_long"), "addLong", ADD_LONG),
				finder.find(mode.recording("add_double"), "addDouble", ADD_DOUBLE),
				finder.find(mode.recording("record_long"), "recordLong", RECORD_LONG),
				finder.find(mode.recording("record_double"), "recordDouble", RECORD_DOUBLE),
				finder.find(mode.recording("record_buckets_long"), "recordBucketsLong", RECORD_BUCKETS_LONG),
				finder.find(mode.recording("record_buckets_double"), "recordBucketsDouble", RECORD_BUCKETS_DOUBLE),
				finder.find("percpu_sum_long", "sumLong", SUM_LONG),
				finder.find("percpu_sum_double", "sumDouble", SUM_DOUBLE),
				finder.find(mode.currentCpu(), "currentCpu", CURRENT_CPU));
	}

	/**
	 * Finds a function.
	 */
	@FunctionalInterface
	interface Finder {

		/**
		 * Finds a function.
		 * @param symbol its name in the library
		 * @param method the name of a Java method bound to it
		 * @param type its type
		 * @return a handle of exactly that type
		 * @throws ReflectiveOperationException where there is none
		 */
		MethodHandle find(String symbol, String method, MethodType type) throws ReflectiveOperationException;

	}

}
