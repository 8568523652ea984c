package io.github.rseq.autoconfigure;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

import io.github.rseq.Binding;
import io.github.rseq.Registration;
import io.github.rseq.RseqOptions;
import io.github.rseq.Sharding;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.StringUtils;

/**
 * The {@code rseq.*} properties. A key that does not exist fails the start wherever Boot
 * can tell it from somebody else's: in configuration files and on the command line, not
 * among environment variables and system properties.
 *
 * @param enabled Whether meters record to the per-CPU cells. If not, they record to
 * ordinary Java adders, and no native code is loaded, until the switch is turned on at
 * run time.
 * @param required Whether the start fails if rseq can't be had. Not checked while
 * 'rseq.enabled' is false.
 * @param binding Way from Java to the native code.
 * @param registration Who registers threads with the kernel.
 * @param sharding What numbers the cells of a meter.
 * @param nativeLibrary the native library
 */
// Not primitive: an empty environment variable counts as none, as it does for the others.
@ConfigurationProperties(prefix = "rseq", ignoreUnknownFields = false)
public record RseqProperties(@DefaultValue("true") Boolean enabled, @DefaultValue("false") Boolean required,
		@DefaultValue("auto") BindingChoice binding, @DefaultValue("auto") RegistrationChoice registration,
		@DefaultValue("cpu") Sharding sharding, @DefaultValue NativeLibrary nativeLibrary) {

	RseqOptions toOptions() {
		return new RseqOptions(this.enabled, this.binding.binding, absolute("path", this.nativeLibrary.path),
				absolute("directory", this.nativeLibrary.directory), this.registration.registration, this.sharding);
	}

	/**
	 * Makes a path independent of how the dynamic loader searches: a name without a slash
	 * would be looked up in the system's library directories.
	 */
	private static @Nullable Path absolute(String name, @Nullable String path) {
		try {
			return StringUtils.hasText(path) ? Path.of(path).toAbsolutePath() : null;
		}
		catch (InvalidPathException ex) {
			throw new InvalidConfigurationPropertyValueException("rseq.native-library." + name, path,
					"The JVM cannot make a file name of it: " + ex.getReason());
		}
	}

	/**
	 * The native library.
	 *
	 * @param path File of the native library to load, instead of the one in the jar.
	 * @param directory Directory to extract the jar's native library to. Must be writable
	 * and must not be mounted noexec. By default, the JVM's temporary directory and,
	 * failing that, the user's cache directory.
	 */
	// Strings: an empty path would count as an unknown key, and '${SOME_PATH:}' would
	// fail.
	public record NativeLibrary(@Nullable String path, @Nullable String directory) {
	}

	/**
	 * A way from Java to the native code, or the fastest one.
	 */
	public enum BindingChoice {

		/**
		 * Fastest binding that this JVM can be relied on to have.
		 */
		AUTO(null),

		/**
		 * Foreign-linker call without a thread transition. Needs JDK 21 or later, or JDK
		 * 17 with '--add-modules jdk.incubator.foreign', where it may be slow.
		 */
		FOREIGN(Binding.FOREIGN),

		/**
		 * JNI call. On every JDK.
		 */
		JNI(Binding.JNI),

		/**
		 * JNA direct mapping. On every JDK, far slower than JNI.
		 */
		JNA(Binding.JNA),

		/**
		 * No native code at all.
		 */
		NONE(Binding.NONE);

		private final @Nullable Binding binding;

		BindingChoice(@Nullable Binding binding) {
			this.binding = binding;
		}

	}

	/**
	 * Who registers threads with the kernel.
	 */
	public enum RegistrationChoice {

		/**
		 * The C library, or the starter where the C library has no support for it. A C
		 * library that was told not to register is respected.
		 */
		AUTO(null),

		/**
		 * The C library only.
		 */
		LIBC(Registration.LIBC),

		/**
		 * The starter only, even where the C library was told not to register.
		 */
		SELF(Registration.SELF),

		/**
		 * Nobody. No native code is loaded.
		 */
		OFF(Registration.NONE);

		private final @Nullable Registration registration;

		RegistrationChoice(@Nullable Registration registration) {
			this.registration = registration;
		}

	}

}
