package io.github.rseq.binding;

import java.lang.invoke.MethodHandles;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

import com.sun.jna.FunctionMapper;
import com.sun.jna.Library;
import com.sun.jna.Native;
import io.github.rseq.control.NativeLibrary;
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
	 * @param mode the mode it was started in
	 * @return the handles
	 * @throws ReflectiveOperationException never, unless this class was damaged
	 */
	public static synchronized BindingHandles bind(Path library, NativeLibrary.Mode mode)
			throws ReflectiveOperationException {
		Map<String, String> symbols = new HashMap<>();
		MethodHandles.Lookup lookup = MethodHandles.lookup();
		BindingHandles handles = BindingHandles.find(mode, (symbol, method, type) -> {
			symbols.put(method, symbol);
			return lookup.findStatic(JnaCalls.class, method, type);
		});
		if (!library.equals(registered)) {
			FunctionMapper mapper = (any, method) -> symbols.getOrDefault(method.getName(), method.getName());
			register(library.toAbsolutePath().toString(), Map.of(Library.OPTION_FUNCTION_MAPPER, mapper));
			registered = library;
		}
		return handles;
	}

	/*
	 * The methods need only the addresses. A library that stays open keeps JNA's thread
	 * alive, and so JNA's class loader. The mapper makes the instance one of our own.
	 */
	private static void register(String library, Map<String, ?> options) {
		Thread thread = Thread.currentThread();
		ClassLoader before = thread.getContextClassLoader();
		thread.setContextClassLoader(null);
		try (com.sun.jna.NativeLibrary opened = com.sun.jna.NativeLibrary.getInstance(library, options)) {
			Native.register(JnaCalls.class, opened);
		}
		finally {
			thread.setContextClassLoader(before);
		}
	}

	static native void addLong(long slot, long delta);

	static native void addDouble(long slot, double delta);

	static native int recordLong(long slot, long value, long epoch);

	static native int recordDouble(long slot, double value, long epoch);

	static native int recordBucketsLong(long slot, long value, long epoch, long bucket, long bucket2);

	static native int recordBucketsDouble(long slot, double value, long epoch, long bucket, long bucket2);

	static native long sumLong(long slot);

	static native double sumDouble(long slot);

	static native int currentCpu();

}
