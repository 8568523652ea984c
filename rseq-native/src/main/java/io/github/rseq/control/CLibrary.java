package io.github.rseq.control;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import com.sun.jna.NativeLong;
import org.jspecify.annotations.Nullable;

/**
 * What the C library of this process tells of itself and of the kernel. Needs JNA, which
 * {@link LibraryLoader} starts.
 */
public final class CLibrary {

	private static final int AT_RSEQ_FEATURE_SIZE = 27;

	private static final int AT_RSEQ_ALIGN = 28;

	private static final NativeFunctions PROCESS = new NativeFunctions(null);

	private CLibrary() {
	}

	/**
	 * The C library and its version.
	 * @return such as {@code glibc 2.36}, or {@code null} where it does not tell
	 */
	public static @Nullable String version() {
		try {
			return "glibc " + PROCESS.find("gnu_get_libc_version").invokeString(new Object[0], false);
		}
		catch (UnsatisfiedLinkError ex) {
			return Files.isDirectory(Path.of("/lib")) && hasMusl() ? "musl" : null;
		}
	}

	private static boolean hasMusl() {
		try (var files = Files.newDirectoryStream(Path.of("/lib"), "ld-musl-*")) {
			return files.iterator().hasNext();
		}
		catch (IOException ex) {
			return false;
		}
	}

	/**
	 * The kernel's rseq feature size, by the auxiliary vector.
	 * @return the size in bytes, or {@code null} where the kernel does not tell
	 */
	public static @Nullable Integer featureSize() {
		return auxiliary(AT_RSEQ_FEATURE_SIZE);
	}

	/**
	 * The kernel's rseq alignment, by the auxiliary vector.
	 * @return the alignment in bytes, or {@code null} where the kernel does not tell
	 */
	public static @Nullable Integer alignment() {
		return auxiliary(AT_RSEQ_ALIGN);
	}

	private static @Nullable Integer auxiliary(int type) {
		try {
			long value = PROCESS.find("getauxval").invokeLong(new Object[] { new NativeLong(type) });
			return (value > 0 && value <= Integer.MAX_VALUE) ? (int) value : null;
		}
		catch (UnsatisfiedLinkError ex) {
			return null;
		}
	}

}
