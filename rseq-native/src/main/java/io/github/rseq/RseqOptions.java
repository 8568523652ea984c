package io.github.rseq;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What a caller may ask of {@link Rseq#configure(RseqOptions)}.
 *
 * @param enabled whether records go to the per-CPU cells from the start; the switch of
 * {@link Rseq#setEnabled(boolean)}
 * @param binding the binding to use, or {@code null} to take the fastest one
 * @param library the file of the native library, or {@code null} to extract the one in
 * the jar
 * @param directory the directory to extract to, or {@code null} to take
 * {@code java.io.tmpdir} and, failing that, the user's cache directory
 * @param registration who is to register threads, {@link Registration#NONE} to use no
 * registration at all, or {@code null} for the C library where it can and this library
 * where it can't, unless somebody told the C library not to
 * @param sharding what is to number the rows of cells
 */
public record RseqOptions(boolean enabled, @Nullable Binding binding, @Nullable Path library, @Nullable Path directory,
		@Nullable Registration registration, Sharding sharding) {

	/**
	 * Enabled, the fastest binding, the library in the jar, whoever can register, rows by
	 * CPU.
	 */
	public static final RseqOptions DEFAULTS = new RseqOptions(true, null, null, null, null, Sharding.CPU);

	/**
	 * These options with another binding.
	 * @param binding the binding, or {@code null} for the fastest one
	 * @return the new options
	 */
	public RseqOptions withBinding(@Nullable Binding binding) {
		return new RseqOptions(this.enabled, binding, this.library, this.directory, this.registration, this.sharding);
	}

	/**
	 * These options with another library file.
	 * @param library the file, or {@code null} for the one in the jar
	 * @return the new options
	 */
	public RseqOptions withLibrary(@Nullable Path library) {
		return new RseqOptions(this.enabled, this.binding, library, this.directory, this.registration, this.sharding);
	}

	/**
	 * These options with another directory to extract to.
	 * @param directory the directory, or {@code null} for the default ones
	 * @return the new options
	 */
	public RseqOptions withDirectory(@Nullable Path directory) {
		return new RseqOptions(this.enabled, this.binding, this.library, directory, this.registration, this.sharding);
	}

	/**
	 * These options with another position of the switch.
	 * @param enabled whether records go to the per-CPU cells
	 * @return the new options
	 */
	public RseqOptions withEnabled(boolean enabled) {
		return new RseqOptions(enabled, this.binding, this.library, this.directory, this.registration, this.sharding);
	}

	/**
	 * These options with another way to register.
	 * @param registration who is to register threads, or {@code null} for whoever can
	 * @return the new options
	 */
	public RseqOptions withRegistration(@Nullable Registration registration) {
		return new RseqOptions(this.enabled, this.binding, this.library, this.directory, registration, this.sharding);
	}

	/**
	 * These options with other rows.
	 * @param sharding what is to number the rows of cells
	 * @return the new options
	 */
	public RseqOptions withSharding(Sharding sharding) {
		return new RseqOptions(this.enabled, this.binding, this.library, this.directory, this.registration, sharding);
	}

	/*
	 * By hand: where a component is of a class of ours, the methods that a JDK before 20
	 * makes keep that class in a static field of its own, and so the class loader of the
	 * last application that compared options.
	 */
	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof RseqOptions options && components().equals(options.components());
	}

	@Override
	public int hashCode() {
		return components().hashCode();
	}

	private List<@Nullable Object> components() {
		return Arrays.asList(this.enabled, this.binding, this.library, this.directory, this.registration,
				this.sharding);
	}

}
