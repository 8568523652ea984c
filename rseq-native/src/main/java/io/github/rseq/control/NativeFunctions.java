package io.github.rseq.control;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

import com.sun.jna.Function;
import com.sun.jna.Library;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * A library's functions by name, called through JNA in a way that keeps no class loader
 * reachable.
 * <p>
 * JNA may be of the application's class loader or of a parent. If of a parent, it keeps
 * every interface for good that was mapped by {@code Native.load}, and so the class
 * loader of the interface. If of the application's own, its thread {@code JNA Cleaner}
 * runs as long as anything is registered with it, such as an open {@link NativeLibrary},
 * and keeps the class loader that JNA is of. So nothing of ours is mapped or left open:
 * libraries are opened to look addresses up, and closed; ours stays mapped all the same,
 * which its link option {@code nodelete} sees to. JNA's thread ends half a minute after
 * the last lookup.
 */
final class NativeFunctions implements InvocationHandler {

	private static final Map<String, ?> OPTIONS = Map.of(Library.OPTION_ALLOW_OBJECTS, true);

	private final @Nullable Path file;

	private final Map<String, Function> functions = new ConcurrentHashMap<>();

	/**
	 * The functions of a library.
	 * @param file its file, or {@code null} for those of the process
	 */
	NativeFunctions(@Nullable Path file) {
		this.file = file;
	}

	/**
	 * Makes the functions callable as the methods of an interface that have their names.
	 * @param <T> the type of the interface
	 * @param type the interface
	 * @return an object whose methods throw {@link UnsatisfiedLinkError} where there is
	 * no such function
	 */
	<T> T as(Class<T> type) {
		return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] { type }, this));
	}

	@Override
	public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) {
		return find(method.getName()).invoke(method.getReturnType(), arguments, OPTIONS);
	}

	/**
	 * Looks functions up, all with one opening of the library.
	 * @param symbols their names
	 * @throws UnsatisfiedLinkError where the library or one of them is not to be had
	 */
	void find(Iterable<String> symbols) {
		Thread thread = Thread.currentThread();
		ClassLoader before = thread.getContextClassLoader();
		// JNA's thread, which may start here, inherits it.
		thread.setContextClassLoader(null);
		// An instance of our own: others may have the library open, too.
		try (NativeLibrary library = NativeLibrary.getInstance((this.file != null) ? this.file.toString() : null,
				Map.of(NativeFunctions.class.getName(), new Object()))) {
			for (String symbol : symbols) {
				this.functions.put(symbol, Function.getFunction(address(library, symbol)));
			}
		}
		finally {
			thread.setContextClassLoader(before);
		}
	}

	private static Pointer address(NativeLibrary library, String symbol) {
		return new Pointer(Pointer.nativeValue(library.getFunction(symbol)));
	}

	/**
	 * Finds a function.
	 * @param symbol its name
	 * @return the function
	 * @throws UnsatisfiedLinkError where there is none
	 */
	Function find(String symbol) {
		Function function = this.functions.get(symbol);
		if (function == null) {
			find(List.of(symbol));
			function = Objects.requireNonNull(this.functions.get(symbol));
		}
		return function;
	}

}
