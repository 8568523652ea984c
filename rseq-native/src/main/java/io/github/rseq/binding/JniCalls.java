package io.github.rseq.binding;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.nio.file.Files;
import java.nio.file.Path;

import io.github.rseq.control.NativeLibrary;
import org.jspecify.annotations.Nullable;

/**
 * The JNI binding: native methods, on every JDK.
 */
public final class JniCalls {

	private static @Nullable Path loaded;

	private JniCalls() {
	}

	/**
	 * Loads the library for this class loader and binds the native methods.
	 * @param library the library's file
	 * @param rows the number of rows that the library was started with
	 * @param mode the mode it was started in
	 * @return the handles
	 * @throws ReflectiveOperationException never, unless this class was damaged
	 */
	public static synchronized BindingHandles bind(Path library, int rows, NativeLibrary.Mode mode)
			throws ReflectiveOperationException {
		if (loaded == null) {
			load(library);
			loaded = library;
		}
		else if (!loaded.equals(library)) {
			// Native methods are bound for good to the library that was loaded first.
			throw new IllegalStateException("JNI is bound to " + loaded + " until the JVM ends");
		}
		// Where the first name's file is gone, a second name is mapped a second time, and
		// that mapping knows nothing of the first one's start.
		int started = start(rows, mode.registration(), mode.sharding());
		if (started != rows) {
			throw new IllegalStateException("JNI's library has " + started + " rows, where " + rows + " are needed");
		}
		MethodHandles.Lookup lookup = MethodHandles.lookup();
		return BindingHandles.find(mode, (symbol, method, type) -> lookup.findStatic(JniCalls.class, method, type));
	}

	/*
	 * The JVM lets one class loader only load a file. Another one loads a second name of
	 * the same file: the JVM sees another library, the dynamic linker the same inode, and
	 * so it is mapped once.
	 */
	private static void load(Path library) {
		try {
			System.load(library.toAbsolutePath().toString());
		}
		catch (UnsatisfiedLinkError ex) {
			try {
				loadSecondName(library);
			}
			catch (IOException | UnsatisfiedLinkError second) {
				ex.addSuppressed(second);
				throw ex;
			}
		}
	}

	private static void loadSecondName(Path library) throws IOException {
		Path parent = library.toAbsolutePath().getParent();
		Path directory = (parent != null && Files.isWritable(parent)) ? Files.createTempDirectory(parent, "jni-")
				: Files.createTempDirectory("rseq-jni-");
		Path name = directory.resolve("libpercpu_rseq.so");
		try {
			try {
				Files.createLink(name, library);
			}
			catch (IOException | UnsupportedOperationException ex) {
				Files.copy(library, name);
			}
			System.load(name.toString());
		}
		finally {
			Files.deleteIfExists(name);
			Files.deleteIfExists(directory);
		}
	}

	static native int start(int rows, int registration, int sharding);

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
