package io.github.rseq.binding;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;

import io.github.rseq.control.NativeLibrary;
import org.jspecify.annotations.Nullable;

/**
 * The foreign binding: downcalls without a thread transition. The JVM calls the section
 * like a leaf of its own, so a call costs little more than the section; in return a
 * thread in it holds up safepoints, which is nothing for a handful of instructions with
 * bounded retries.
 * <p>
 * The API moved twice, and the class files are for Java 17, so it is reached by name:
 * <pre>
 * JDK 22 and later   Linker.nativeLinker().downcallHandle(address, descriptor, Linker.Option.critical(false))
 * JDK 21             Linker.nativeLinker().downcallHandle(address, descriptor, Linker.Option.isTrivial())
 * JDK 17             CLinker.getInstance().downcallHandle(address, type, descriptor.withAttribute("abi/trivial", true))
 * </pre> JDK 17's lies in the module {@code jdk.incubator.foreign}, which must be added
 * on the command line, with {@code --enable-native-access}. Its compiler may settle on
 * that linker's slow way for the life of a JVM, so it is used only by name. JDK 18 to 20
 * have no such call that could be made without a flag.
 */
public final class ForeignCalls {

	private ForeignCalls() {
	}

	/**
	 * Whether this JVM has such calls.
	 * @return {@code null} where it does, otherwise a sentence that says why not
	 */
	public static @Nullable String unsupported() {
		int feature = Runtime.version().feature();
		if (feature >= 21) {
			return null;
		}
		if (feature == 17) {
			return ModuleLayer.boot().findModule("jdk.incubator.foreign").isPresent() ? null
					: "JDK 17 was started without --add-modules jdk.incubator.foreign --enable-native-access=ALL-UNNAMED.";
		}
		return "JDK " + feature + " has no foreign call without a thread transition.";
	}

	/**
	 * Whether such calls are fast in every JVM, so that they can be chosen unasked.
	 * @return whether they are
	 */
	public static boolean isDependable() {
		return Runtime.version().feature() >= 21;
	}

	/**
	 * Links the functions.
	 * @param library the library
	 * @param mode the mode it was started in
	 * @return the handles
	 * @throws ReflectiveOperationException where this JVM has no such calls
	 */
	public static BindingHandles bind(NativeLibrary library, NativeLibrary.Mode mode)
			throws ReflectiveOperationException {
		LinkerByName linker = (Runtime.version().feature() == 17) ? new IncubatorLinker() : new JavaBaseLinker();
		return BindingHandles.find(mode,
				(symbol, method, type) -> linker.link(library.address(symbol), type).asType(type));
	}

	private interface LinkerByName {

		MethodHandle link(long address, MethodType type) throws ReflectiveOperationException;

	}

	/**
	 * {@code java.lang.foreign} of JDK 21 and later.
	 */
	private static final class JavaBaseLinker implements LinkerByName {

		private final Class<?> linkerType = Class.forName("java.lang.foreign.Linker");

		private final Class<?> optionType = Class.forName("java.lang.foreign.Linker$Option");

		private final Class<?> segmentType = Class.forName("java.lang.foreign.MemorySegment");

		private final Class<?> layoutType = Class.forName("java.lang.foreign.MemoryLayout");

		private final Class<?> descriptorType = Class.forName("java.lang.foreign.FunctionDescriptor");

		private final Map<Class<?>, Object> layouts;

		private final Object withoutTransition;

		JavaBaseLinker() throws ReflectiveOperationException {
			Class<?> values = Class.forName("java.lang.foreign.ValueLayout");
			this.layouts = Map.of(long.class, values.getField("JAVA_LONG").get(null), double.class,
					values.getField("JAVA_DOUBLE").get(null), int.class, values.getField("JAVA_INT").get(null));
			this.withoutTransition = (Runtime.version().feature() >= 22)
					? invoke(this.optionType.getMethod("critical", boolean.class), null, false)
					: invoke(this.optionType.getMethod("isTrivial"), null);
		}

		@Override
		public MethodHandle link(long address, MethodType type) throws ReflectiveOperationException {
			Object linker = invoke(this.linkerType.getMethod("nativeLinker"), null);
			Object segment = invoke(this.segmentType.getMethod("ofAddress", long.class), null, address);
			Object options = Array.newInstance(this.optionType, 1);
			Array.set(options, 0, this.withoutTransition);
			Method downcallHandle = this.linkerType.getMethod("downcallHandle", this.segmentType, this.descriptorType,
					options.getClass());
			return (MethodHandle) invoke(downcallHandle, linker, segment, descriptor(type), options);
		}

		private Object descriptor(MethodType type) throws ReflectiveOperationException {
			return ForeignCalls.descriptor(this.descriptorType, this.layoutType, this.layouts, type);
		}

	}

	/**
	 * {@code jdk.incubator.foreign} of JDK 17.
	 */
	private static final class IncubatorLinker implements LinkerByName {

		private final Class<?> linkerType = Class.forName("jdk.incubator.foreign.CLinker");

		private final Class<?> addressableType = Class.forName("jdk.incubator.foreign.Addressable");

		private final Class<?> addressType = Class.forName("jdk.incubator.foreign.MemoryAddress");

		private final Class<?> layoutType = Class.forName("jdk.incubator.foreign.MemoryLayout");

		private final Class<?> descriptorType = Class.forName("jdk.incubator.foreign.FunctionDescriptor");

		private final Map<Class<?>, Object> layouts;

		IncubatorLinker() throws ReflectiveOperationException {
			this.layouts = Map.of(long.class, this.linkerType.getField("C_LONG_LONG").get(null), double.class,
					this.linkerType.getField("C_DOUBLE").get(null), int.class,
					this.linkerType.getField("C_INT").get(null));
		}

		@Override
		public MethodHandle link(long address, MethodType type) throws ReflectiveOperationException {
			Object linker = invoke(this.linkerType.getMethod("getInstance"), null);
			Object symbol = invoke(this.addressType.getMethod("ofLong", long.class), null, address);
			Object descriptor = ForeignCalls.descriptor(this.descriptorType, this.layoutType, this.layouts, type);
			Object trivial = invoke(
					this.descriptorType.getMethod("withAttribute", String.class, java.lang.constant.Constable.class),
					descriptor, "abi/trivial", true);
			Method downcallHandle = this.linkerType.getMethod("downcallHandle", this.addressableType, MethodType.class,
					this.descriptorType);
			return (MethodHandle) invoke(downcallHandle, linker, symbol, type, trivial);
		}

	}

	private static Object descriptor(Class<?> descriptorType, Class<?> layoutType, Map<Class<?>, Object> layouts,
			MethodType type) throws ReflectiveOperationException {
		List<Class<?>> parameters = type.parameterList();
		Object arguments = Array.newInstance(layoutType, parameters.size());
		for (int i = 0; i < parameters.size(); i++) {
			Array.set(arguments, i, layout(layouts, parameters.get(i)));
		}
		if (type.returnType() == void.class) {
			return invoke(descriptorType.getMethod("ofVoid", arguments.getClass()), null, arguments);
		}
		return invoke(descriptorType.getMethod("of", layoutType, arguments.getClass()), null,
				layout(layouts, type.returnType()), arguments);
	}

	private static Object layout(Map<Class<?>, Object> layouts, Class<?> type) {
		Object layout = layouts.get(type);
		if (layout == null) {
			throw new IllegalArgumentException("No layout for " + type);
		}
		return layout;
	}

	private static Object invoke(Method method, @Nullable Object target, Object... arguments)
			throws ReflectiveOperationException {
		try {
			return method.invoke(target, arguments);
		}
		catch (InvocationTargetException ex) {
			if (ex.getCause() instanceof RuntimeException runtime) {
				throw runtime;
			}
			throw ex;
		}
	}

}
