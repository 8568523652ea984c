package io.github.rseq.binding;

import java.lang.invoke.MethodHandles;
import java.nio.file.Path;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import org.jspecify.annotations.Nullable;

/**
 * The JNA binding: direct mapping, the last resort. Correct, and an order of magnitude
 * slower than {@link JniCalls}.
 */
public final class JnaCalls {

	private static @Nullable Path registered;

	private JnaCalls() {
	}

	/**
	 * Maps the native methods.
	 * @param library the library's file
	 * @return the handles
	 * @throws ReflectiveOperationException never, unless this class was damaged
	 */
	public static synchronized BindingHandles bind(Path library) throws ReflectiveOperationException {
		if (!library.equals(registered)) {
			Native.register(JnaCalls.class, NativeLibrary.getInstance(library.toAbsolutePath().toString()));
			registered = library;
		}
		MethodHandles.Lookup lookup = MethodHandles.lookup();
		return BindingHandles.find((symbol, method, type) -> lookup.findStatic(JnaCalls.class, symbol, type));
	}

	static native void percpu_add_long(long slot, long delta);

	static native void percpu_add_double(long slot, double delta);

	static native int percpu_record_long(long slot, long value, long epoch);

	static native int percpu_record_double(long slot, double value, long epoch);

	static native int percpu_record_buckets_long(long slot, long value, long epoch, long bucket, long bucket2);

	static native int percpu_record_buckets_double(long slot, double value, long epoch, long bucket, long bucket2);

	static native long percpu_sum_long(long slot);

	static native double percpu_sum_double(long slot);

	static native int percpu_current_cpu();

}
