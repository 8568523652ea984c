package io.github.rseq.binding;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.MutableCallSite;
import java.lang.invoke.VarHandle;

/**
 * Where every record of this class loader goes through: the call sites of the chosen
 * binding and the switch.
 * <p>
 * A foreign call costs a nanosecond only where the compiler sees a constant handle; the
 * binding is known only at run time, and may change (another context asks for another
 * one, a checkpointed process wakes up elsewhere). A {@link MutableCallSite} is both: its
 * target is a constant to the compiler, and setting it throws the compiled code away. It
 * is set when a binding is installed and never by the switch, since throwing code away at
 * each flip would cost far more than the switch's own price: one load and one branch,
 * predicted and in cache.
 */
public final class Recording {

	private static final Site ADD_LONG = new Site(BindingHandles.ADD_LONG);

	private static final Site ADD_DOUBLE = new Site(BindingHandles.ADD_DOUBLE);

	private static final Site RECORD_LONG = new Site(BindingHandles.RECORD_LONG);

	private static final Site RECORD_DOUBLE = new Site(BindingHandles.RECORD_DOUBLE);

	private static final Site RECORD_BUCKETS_LONG = new Site(BindingHandles.RECORD_BUCKETS_LONG);

	private static final Site RECORD_BUCKETS_DOUBLE = new Site(BindingHandles.RECORD_BUCKETS_DOUBLE);

	private static final Site SUM_LONG = new Site(BindingHandles.SUM_LONG);

	private static final Site SUM_DOUBLE = new Site(BindingHandles.SUM_DOUBLE);

	private static final Site CURRENT_CPU = new Site(BindingHandles.CURRENT_CPU);

	private static final MethodHandle CALL_ADD_LONG = ADD_LONG.dynamicInvoker();

	private static final MethodHandle CALL_ADD_DOUBLE = ADD_DOUBLE.dynamicInvoker();

	private static final MethodHandle CALL_RECORD_LONG = RECORD_LONG.dynamicInvoker();

	private static final MethodHandle CALL_RECORD_DOUBLE = RECORD_DOUBLE.dynamicInvoker();

	private static final MethodHandle CALL_RECORD_BUCKETS_LONG = RECORD_BUCKETS_LONG.dynamicInvoker();

	private static final MethodHandle CALL_RECORD_BUCKETS_DOUBLE = RECORD_BUCKETS_DOUBLE.dynamicInvoker();

	private static final MethodHandle CALL_SUM_LONG = SUM_LONG.dynamicInvoker();

	private static final MethodHandle CALL_SUM_DOUBLE = SUM_DOUBLE.dynamicInvoker();

	private static final MethodHandle CALL_CURRENT_CPU = CURRENT_CPU.dynamicInvoker();

	private static final VarHandle ADDING;

	private static final VarHandle RECORDING;

	static {
		try {
			MethodHandles.Lookup lookup = MethodHandles.lookup();
			ADDING = lookup.findStaticVarHandle(Recording.class, "adding", boolean.class);
			RECORDING = lookup.findStaticVarHandle(Recording.class, "recording", boolean.class);
		}
		catch (ReflectiveOperationException ex) {
			throw new ExceptionInInitializerError(ex);
		}
	}

	@SuppressWarnings("unused") // through ADDING
	private static boolean adding;

	@SuppressWarnings("unused") // through RECORDING
	private static boolean recording;

	private Recording() {
	}

	/**
	 * Makes all later calls go through these handles. Must be called before
	 * {@link #setActive(boolean)} with {@code true} and before any slot is handed out.
	 * @param handles the handles of a binding
	 */
	public static void install(BindingHandles handles) {
		ADD_LONG.setTarget(handles.addLong());
		ADD_DOUBLE.setTarget(handles.addDouble());
		RECORD_LONG.setTarget(handles.recordLong());
		RECORD_DOUBLE.setTarget(handles.recordDouble());
		RECORD_BUCKETS_LONG.setTarget(handles.recordBucketsLong());
		RECORD_BUCKETS_DOUBLE.setTarget(handles.recordBucketsDouble());
		SUM_LONG.setTarget(handles.sumLong());
		SUM_DOUBLE.setTarget(handles.sumDouble());
		CURRENT_CPU.setTarget(handles.currentCpu());
		MutableCallSite.syncAll(new MutableCallSite[] { ADD_LONG, ADD_DOUBLE, RECORD_LONG, RECORD_DOUBLE,
				RECORD_BUCKETS_LONG, RECORD_BUCKETS_DOUBLE, SUM_LONG, SUM_DOUBLE, CURRENT_CPU });
	}

	/**
	 * Whether adders add to the per-CPU cells. Whoever reads true sees the handles that
	 * were installed before. An add that runs beside a flip may go either way, and is
	 * counted in both.
	 * @return whether they do
	 */
	public static boolean isAdding() {
		return (boolean) ADDING.getAcquire();
	}

	/**
	 * Whether recorders record in the per-CPU lines; read as {@link #isAdding()} is.
	 * @return whether they do
	 */
	public static boolean isRecording() {
		return (boolean) RECORDING.getAcquire();
	}

	/**
	 * Sends what is added and recorded to the per-CPU cells or to the fallback cells.
	 * @param adding whether adders add to the per-CPU cells
	 * @param recording whether recorders record in the per-CPU lines; either only after a
	 * binding was installed
	 */
	public static void setActive(boolean adding, boolean recording) {
		ADDING.setVolatile(adding);
		RECORDING.setVolatile(recording);
	}

	/**
	 * Adds to the current CPU's cell.
	 * @param slot the address of a slot
	 * @param delta what to add
	 */
	public static void addLong(long slot, long delta) {
		try {
			CALL_ADD_LONG.invokeExact(slot, delta);
		}
		catch (Throwable ex) {
			throw unexpected(ex);
		}
	}

	/**
	 * Adds to the current CPU's cell.
	 * @param slot the address of a slot
	 * @param delta what to add
	 */
	public static void addDouble(long slot, double delta) {
		try {
			CALL_ADD_DOUBLE.invokeExact(slot, delta);
		}
		catch (Throwable ex) {
			throw unexpected(ex);
		}
	}

	/**
	 * Records in the current CPU's line.
	 * @param slot the address of a line
	 * @param value the value, not negative
	 * @param epoch the epoch in the low half, the number of past entries in the high half
	 * @return whether it was recorded; where not, it must be recorded elsewhere
	 */
	public static boolean recordLong(long slot, long value, long epoch) {
		try {
			return (int) CALL_RECORD_LONG.invokeExact(slot, value, epoch) == 0;
		}
		catch (Throwable ex) {
			throw unexpected(ex);
		}
	}

	/**
	 * Records in the current CPU's line.
	 * @param slot the address of a line
	 * @param value the value, not negative
	 * @param epoch the epoch in the low half, the number of past entries in the high half
	 * @return whether it was recorded; where not, it must be recorded elsewhere
	 */
	public static boolean recordDouble(long slot, double value, long epoch) {
		try {
			return (int) CALL_RECORD_DOUBLE.invokeExact(slot, value, epoch) == 0;
		}
		catch (Throwable ex) {
			throw unexpected(ex);
		}
	}

	/**
	 * Records in the current CPU's line, after adding 1 to one or two buckets.
	 * @param slot the address of a line
	 * @param value the value, not negative
	 * @param epoch the epoch in the low half, the number of past entries in the high half
	 * @param bucket the address of a bucket's slot
	 * @param bucket2 the address of another one's, or 0
	 * @return whether it was recorded; where not, it must be recorded elsewhere
	 */
	public static boolean recordLong(long slot, long value, long epoch, long bucket, long bucket2) {
		try {
			return (int) CALL_RECORD_BUCKETS_LONG.invokeExact(slot, value, epoch, bucket, bucket2) == 0;
		}
		catch (Throwable ex) {
			throw unexpected(ex);
		}
	}

	/**
	 * Records in the current CPU's line, after adding 1 to one or two buckets.
	 * @param slot the address of a line
	 * @param value the value, not negative
	 * @param epoch the epoch in the low half, the number of past entries in the high half
	 * @param bucket the address of a bucket's slot
	 * @param bucket2 the address of another one's, or 0
	 * @return whether it was recorded; where not, it must be recorded elsewhere
	 */
	public static boolean recordDouble(long slot, double value, long epoch, long bucket, long bucket2) {
		try {
			return (int) CALL_RECORD_BUCKETS_DOUBLE.invokeExact(slot, value, epoch, bucket, bucket2) == 0;
		}
		catch (Throwable ex) {
			throw unexpected(ex);
		}
	}

	/**
	 * Sums the cells of all CPUs and the section's fallback cell.
	 * @param slot the address of a slot
	 * @return the sum
	 */
	public static long sumLong(long slot) {
		try {
			return (long) CALL_SUM_LONG.invokeExact(slot);
		}
		catch (Throwable ex) {
			throw unexpected(ex);
		}
	}

	/**
	 * Sums the cells of all CPUs and the section's fallback cell.
	 * @param slot the address of a slot
	 * @return the sum
	 */
	public static double sumDouble(long slot) {
		try {
			return (double) CALL_SUM_DOUBLE.invokeExact(slot);
		}
		catch (Throwable ex) {
			throw unexpected(ex);
		}
	}

	/**
	 * The CPU this thread runs on.
	 * @return its number, negative where none is known
	 */
	public static int currentCpu() {
		try {
			return (int) CALL_CURRENT_CPU.invokeExact();
		}
		catch (Throwable ex) {
			throw unexpected(ex);
		}
	}

	private static RuntimeException unexpected(Throwable ex) {
		if (ex instanceof Error error) {
			throw error;
		}
		return (ex instanceof RuntimeException runtime) ? runtime : new IllegalStateException(ex);
	}

	/**
	 * A call site that, as long as no binding is installed, throws: reaching it would be
	 * a mistake in this library, and silence would lose counts.
	 */
	private static final class Site extends MutableCallSite {

		Site(MethodType type) {
			super(MethodHandles
				.dropArguments(MethodHandles.throwException(type.returnType(), IllegalStateException.class)
					.bindTo(new IllegalStateException("No binding is installed")), 0, type.parameterList()));
		}

	}

}
