package io.github.rseq.control;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * Loads the native library through JNA, and tells for which reason it can't be had. It is
 * never unloaded.
 */
// Names none of JNA's classes: where they are missing, it still runs and tells so.
public final class LibraryLoader {

	private static final int ABI_VERSION = 3;

	private LibraryLoader() {
	}

	/**
	 * Loads the library.
	 * @param file its file, or {@code null} to extract the one in the jar
	 * @param directory where to extract to, or {@code null} for the default directories
	 * @param architecture {@code x86_64} or {@code aarch64}
	 * @return the library
	 * @throws LibraryException where it can't be had
	 */
	public static NativeLibrary load(@Nullable Path file, @Nullable Path directory, String architecture)
			throws LibraryException {
		if (file != null) {
			if (!Files.isRegularFile(file)) {
				throw new LibraryException(LibraryException.Problem.MISSING, file + " is no regular file.", null);
			}
			checkWhole(file);
			startJna(directory);
			return open(file);
		}
		byte[] content = LibraryFile.resource(architecture);
		LibraryException failure = null;
		for (Path candidate : LibraryFile.directories(directory)) {
			try {
				// First, since JNA tells of an unwritable directory less well.
				Path extracted = LibraryFile.extract(content, candidate);
				startJna(directory);
				return open(extracted);
			}
			catch (IOException | UnsupportedOperationException | SecurityException ex) {
				failure = first(failure, new LibraryException(LibraryException.Problem.NOT_EXTRACTED,
						"Writing to " + candidate + " failed: " + ex + ".", ex));
			}
			catch (LibraryException ex) {
				failure = first(failure, ex);
			}
		}
		throw (failure != null) ? failure : new LibraryException(LibraryException.Problem.NOT_EXTRACTED,
				"Neither java.io.tmpdir nor user.home names a directory.", null);
	}

	private static LibraryException first(@Nullable LibraryException first, LibraryException next) {
		if (first == null) {
			return next;
		}
		first.addSuppressed(next);
		return first;
	}

	/*
	 * JNA extracts a stub of its own. A user who names a directory because the default
	 * ones are read-only or noexec means both files.
	 */
	private static void startJna(@Nullable Path directory) throws LibraryException {
		if (directory != null && System.getProperty("jna.tmpdir") == null) {
			System.setProperty("jna.tmpdir", directory.toAbsolutePath().toString());
		}
		try {
			Class.forName("com.sun.jna.Native", true, LibraryLoader.class.getClassLoader());
		}
		catch (ClassNotFoundException ex) {
			throw new LibraryException(LibraryException.Problem.JNA, "com.sun.jna.Native is not on the class path.",
					ex);
		}
		catch (LinkageError | RuntimeException ex) {
			throw new LibraryException(problem(ex, LibraryException.Problem.JNA), rootMessage(ex), ex);
		}
		catch (Error ex) {
			// That very class is what JNA throws where it meets another version's stub.
			if (ex.getClass() != Error.class) {
				throw ex;
			}
			throw new LibraryException(LibraryException.Problem.JNA, rootMessage(ex), ex);
		}
	}

	private static void checkWhole(Path file) throws LibraryException {
		try {
			if (!LibraryFile.isWhole(file)) {
				throw new LibraryException(LibraryException.Problem.DAMAGED,
						file + " is no 64-bit ELF file, or only a part of one.", null);
			}
		}
		catch (IOException ex) {
			throw new LibraryException(LibraryException.Problem.DAMAGED, file + " can't be read: " + ex + ".", ex);
		}
	}

	private static NativeLibrary open(Path file) throws LibraryException {
		try {
			NativeFunctions functions = new NativeFunctions(file.toAbsolutePath());
			NativeControl control = functions.as(NativeControl.class);
			int version = control.percpu_abi_version();
			if (version != ABI_VERSION) {
				throw new LibraryException(LibraryException.Problem.DAMAGED,
						file + " is of interface version " + version + ", where version " + ABI_VERSION + " is needed.",
						null);
			}
			functions.find(Stream.of(NativeControl.class.getMethods()).map(Method::getName).toList());
			return new NativeLibrary(file, functions, control);
		}
		catch (IncompatibleClassChangeError ex) {
			throw new LibraryException(LibraryException.Problem.JNA,
					"JNA is of a version that lacks " + ex.getMessage() + ".", ex);
		}
		catch (LinkageError | RuntimeException ex) {
			throw new LibraryException(problem(ex, LibraryException.Problem.DAMAGED), rootMessage(ex), ex);
		}
	}

	private static LibraryException.Problem problem(Throwable ex, LibraryException.Problem otherwise) {
		if (isDenied(ex)) {
			return LibraryException.Problem.DENIED;
		}
		return isNotExecutable(ex) ? LibraryException.Problem.NOT_EXECUTABLE : otherwise;
	}

	private static boolean isDenied(Throwable ex) {
		for (Throwable cause = ex; cause != null; cause = cause.getCause()) {
			if (cause instanceof IllegalCallerException) {
				return true;
			}
		}
		// A class whose first initialisation failed keeps only the text of the cause.
		return String.valueOf(ex.getMessage()).contains("IllegalCallerException")
				|| String.valueOf(ex.getCause()).contains("IllegalCallerException");
	}

	/*
	 * The dynamic linker's words for a file on a noexec mount.
	 */
	private static boolean isNotExecutable(Throwable ex) {
		return String.valueOf(ex.getMessage()).contains("failed to map segment")
				|| (ex.getCause() != null && isNotExecutable(ex.getCause()));
	}

	/*
	 * JNA's message has what it was about in the first line and what went wrong in those
	 * below, once for each attempt.
	 */
	private static String rootMessage(Throwable ex) {
		Throwable root = ex;
		while (root.getCause() != null) {
			root = root.getCause();
		}
		String message = root.getMessage();
		return (message != null) ? message.lines()
			.map(String::strip)
			.filter((line) -> !line.isEmpty())
			.distinct()
			.limit(3)
			.collect(Collectors.joining(" ")) : root.getClass().getSimpleName();
	}

}
