package io.github.rseq;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

import io.github.rseq.RseqStatus.Availability;
import io.github.rseq.RseqStatus.Platform;
import io.github.rseq.RseqStatus.SelfTest;
import io.github.rseq.binding.BindingHandles;
import io.github.rseq.binding.ForeignCalls;
import io.github.rseq.binding.JnaCalls;
import io.github.rseq.binding.JniCalls;
import io.github.rseq.control.CLibrary;
import io.github.rseq.control.LibraryException;
import io.github.rseq.control.LibraryLoader;
import io.github.rseq.control.NativeLibrary;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether restartable sequences can be had. {@link #run(RseqOptions)} reads as
 * the list of what is needed, in the order in which it is looked at; the first thing that
 * is missing is the reason.
 *
 * @param availability the result
 * @param platform what it runs on, as far as the probe got
 * @param registration who registered
 * @param library the loaded library, or {@code null} where it did not get that far
 * @param cpus the number of rows, 0 where it did not get that far
 * @param binding the chosen binding
 * @param handles its handles, or {@code null}
 * @param cause what went wrong underneath, or {@code null}
 */
record Probe(Availability availability, Platform platform, Registration registration, @Nullable NativeLibrary library,
		int cpus, Binding binding, @Nullable BindingHandles handles, @Nullable Throwable cause) {

	private static final int ENOSYS = 38;

	private static final int EBUSY = 16;

	private static final int EINVAL = 22;

	private static final int WANTED_ABORTS = 8;

	private static final long SELF_TEST_NANOS = 2_000_000_000L;

	/**
	 * A probe that has not been made, for a switch that was off from the start: whoever
	 * disables rseq wants no native code to be loaded.
	 * @return a result without anything
	 */
	static Probe none() {
		return unavailable(UnavailabilityReason.NOT_PROBED, null, platform(null), null);
	}

	/**
	 * A probe that failed in a way that it does not know.
	 * @param cause why
	 * @return a result with the cause
	 */
	static Probe failed(Throwable cause) {
		return unavailable(UnavailabilityReason.PROBE_FAILED, cause.toString(), platform(null), cause);
	}

	/**
	 * What is left after a restore from a checkpoint where nobody vouches for what was
	 * registered before.
	 * @return a result with the reason
	 */
	static Probe restored() {
		return unavailable(UnavailabilityReason.REGISTRATION_FAILED,
				"This process was restored from a checkpoint. Threads that it had registered itself, and concurrency"
						+ " ids, are not relied on after that.",
				platform(null), null);
	}

	/**
	 * Runs the probe.
	 * @param options what the user asked for
	 * @param loaded the library that was loaded for the same options before, or
	 * {@code null}
	 * @param rows the number of rows for CPUs that the arena has, or 0 where there is
	 * none
	 * @param written the mode that the arena's cells are written in, or {@code null}
	 * where there is none
	 * @return the result
	 */
	static Probe run(RseqOptions options, @Nullable NativeLibrary loaded, int rows,
			NativeLibrary.@Nullable Mode written) {
		Platform platform = platform(null);
		if (!platform.os().equals("Linux")) {
			return unavailable(UnavailabilityReason.UNSUPPORTED_OS, "This is " + platform.os() + ".", platform, null);
		}
		String architecture = architecture(platform.arch());
		if (architecture == null) {
			return unavailable(UnavailabilityReason.UNSUPPORTED_ARCHITECTURE, "This is " + platform.arch() + ".",
					platform, null);
		}
		if (options.binding() == Binding.NONE) {
			return unavailable(UnavailabilityReason.BINDING_NONE, null, platform, null);
		}
		if (options.registration() == Registration.NONE) {
			return unavailable(UnavailabilityReason.REGISTRATION_OFF, null, platform, null);
		}
		NativeLibrary library;
		try {
			library = (loaded != null) ? loaded
					: LibraryLoader.load(options.library(), options.directory(), architecture);
		}
		catch (LibraryException ex) {
			return unavailable(reason(ex.problem()), ex.getMessage(), platform, ex);
		}
		platform = platform(library);
		NativeLibrary.Probe libc = library.probe();
		NativeLibrary.Mode decided = library.mode();
		NativeLibrary.Mode mode = (decided != null) ? decided : (written != null) ? written : wanted(options, libc);
		if (written != null && written.mmCid() != mode.mmCid()) {
			// Threads with different numbers for one row would write it at the same time.
			return unavailable(UnavailabilityReason.NATIVE_LIBRARY_DAMAGED,
					"This library numbers rows by " + sharding(mode) + ", as another class loader has decided, and the"
							+ " cells here are written by " + sharding(written) + ".",
					platform, null);
		}
		if (mode.mmCid() && !libc.hasMmCid()) {
			return unavailable(UnavailabilityReason.MM_CID_UNAVAILABLE,
					"The kernel's feature size is " + libc.featureSize() + ", and 28 are needed.", platform, null);
		}
		Probe unregistered = mode.self() ? unregisteredBySelf(library, libc, platform)
				: unregisteredByLibc(libc, platform);
		if (unregistered != null) {
			return unregistered;
		}
		int cpus = library.start(rows, mode);
		mode = library.mode();
		if (cpus < 1 || mode == null) {
			return unavailable(UnavailabilityReason.REGISTRATION_FAILED,
					"The native library does not start: " + cpus + ".", platform, null);
		}
		if (rows > 0 && cpus != rows) {
			// Its sections would write where the arena has no memory.
			return unavailable(UnavailabilityReason.NATIVE_LIBRARY_DAMAGED, "This library was started for " + cpus
					+ " CPUs by another class loader, and the cells are for " + rows + ".", platform, null);
		}
		NativeLibrary.SelfTest test = library.selfTest(WANTED_ABORTS, SELF_TEST_NANOS);
		SelfTest seen = new SelfTest(test.aborts(), test.violations(), test.nanos() / 1_000_000);
		if (test.violations() > 0) {
			return failed(UnavailabilityReason.SELF_TEST_FAILED,
					"Sections preempted and not aborted: " + test.violations() + ".", platform, mode, seen);
		}
		if (test.error() != 0 || test.aborts() < WANTED_ABORTS) {
			return failed(UnavailabilityReason.SELF_TEST_INCONCLUSIVE,
					"Of " + WANTED_ABORTS + " preemptions wanted, " + test.disturbances() + " came about, and "
							+ test.aborts() + " aborts; errno " + test.error() + ".",
					platform, mode, seen);
		}
		return bind(options, library, mode, cpus, platform, seen);
	}

	private static NativeLibrary.Mode wanted(RseqOptions options, NativeLibrary.Probe libc) {
		Registration asked = options.registration();
		boolean self = (asked != null) ? asked == Registration.SELF : !libc.symbols();
		return new NativeLibrary.Mode(self, options.sharding() == Sharding.MM_CID);
	}

	/*
	 * Null where this thread can be registered. The system call that no kernel accepts
	 * tells more of a refusal than a second attempt of this thread, which is not made.
	 */
	private static @Nullable Probe unregisteredBySelf(NativeLibrary library, NativeLibrary.Probe libc,
			Platform platform) {
		if (libc.isRegisteredByLibc()) {
			return unavailable(UnavailabilityReason.REGISTERED_ALREADY,
					"It was " + nameOf(platform) + ": __rseq_size is " + libc.size() + ".", platform, null);
		}
		int errno = library.register();
		if (errno == 0) {
			return null;
		}
		if (libc.errno() != EINVAL) {
			return refused(libc, platform);
		}
		String seen = "Registering this thread answers errno " + errno + ".";
		return unavailable((errno == EINVAL || errno == EBUSY) ? UnavailabilityReason.REGISTERED_ALREADY
				: UnavailabilityReason.REGISTRATION_FAILED, seen, platform, null);
	}

	private static String nameOf(Platform platform) {
		return (platform.libc() != null) ? platform.libc() : "an unknown C library";
	}

	private static @Nullable Probe unregisteredByLibc(NativeLibrary.Probe libc, Platform platform) {
		if (!libc.symbols()) {
			return unavailable(UnavailabilityReason.LIBC_WITHOUT_RSEQ, "This is " + nameOf(platform) + ".", platform,
					null);
		}
		if (libc.isRegisteredByLibc()) {
			return null;
		}
		String tunables = System.getenv("GLIBC_TUNABLES");
		if (tunables != null && isSwitchedOff(tunables)) {
			return unavailable(UnavailabilityReason.LIBC_REGISTRATION_DISABLED, "GLIBC_TUNABLES is " + tunables + ".",
					platform, null);
		}
		return (libc.errno() != EINVAL) ? refused(libc, platform)
				: unavailable(UnavailabilityReason.REGISTRATION_FAILED, describe(libc), platform, null);
	}

	/*
	 * As glibc reads it: the last assignment counts, and a number without a digit is 0.
	 */
	static boolean isSwitchedOff(String tunables) {
		boolean off = false;
		for (String tunable : tunables.split(":")) {
			String[] assignment = tunable.strip().split("=", 2);
			if (assignment.length == 2 && assignment[0].equals("glibc.pthread.rseq")) {
				off = assignment[1].strip().matches("(0[xX])?0*");
			}
		}
		return off;
	}

	private static Probe refused(NativeLibrary.Probe libc, Platform platform) {
		return unavailable(
				(libc.errno() == ENOSYS && !isFiltered(Path.of("/proc/self/status")))
						? UnavailabilityReason.KERNEL_WITHOUT_RSEQ : UnavailabilityReason.SYSCALL_BLOCKED,
				describe(libc), platform, null);
	}

	private static String describe(NativeLibrary.Probe libc) {
		return "__rseq_size is " + libc.size() + ", cpu_id is " + libc.cpu() + ", the system call answers errno "
				+ libc.errno() + ".";
	}

	/*
	 * A seccomp filter may answer ENOSYS as well. Every kernel that shows a filter in
	 * /proc/self/status and runs a JVM of today is newer than rseq, or nearly.
	 */
	static boolean isFiltered(Path status) {
		try {
			return Files.readAllLines(status).stream().anyMatch("Seccomp:\t2"::equals);
		}
		catch (java.io.IOException | java.io.UncheckedIOException | SecurityException ex) {
			return false;
		}
	}

	private static Probe bind(RseqOptions options, NativeLibrary library, NativeLibrary.Mode mode, int cpus,
			Platform platform, SelfTest seen) {
		Binding asked = options.binding();
		String unsupported = ForeignCalls.unsupported();
		if (asked == Binding.FOREIGN && unsupported != null) {
			return failed(UnavailabilityReason.BINDING_UNAVAILABLE, unsupported, platform, mode, seen);
		}
		Throwable failure = null;
		for (Binding binding : (asked != null) ? List.of(asked)
				: ForeignCalls.isDependable() ? List.of(Binding.FOREIGN, Binding.JNI) : List.of(Binding.JNI)) {
			try {
				BindingHandles handles = handles(binding, library, mode, cpus);
				String detail = (failure != null) ? "The foreign binding was passed over: " + failure
						: overruled(options, mode);
				return new Probe(new Availability(true, null, detail, seen), platform, registration(mode), library,
						cpus, binding, handles, failure);
			}
			catch (ReflectiveOperationException | LinkageError | RuntimeException ex) {
				if (failure != null) {
					ex.addSuppressed(failure);
				}
				failure = ex;
			}
		}
		UnavailabilityReason reason = (failure instanceof IllegalCallerException)
				? UnavailabilityReason.NATIVE_ACCESS_DENIED : UnavailabilityReason.BINDING_UNAVAILABLE;
		return new Probe(new Availability(false, reason, String.valueOf(failure), seen), platform, registration(mode),
				library, cpus, Binding.NONE, null, failure);
	}

	private static Registration registration(NativeLibrary.Mode mode) {
		return mode.self() ? Registration.SELF : Registration.LIBC;
	}

	static Sharding sharding(NativeLibrary.Mode mode) {
		return mode.mmCid() ? Sharding.MM_CID : Sharding.CPU;
	}

	private static @Nullable String overruled(RseqOptions options, NativeLibrary.Mode mode) {
		Registration registration = registration(mode);
		Sharding sharding = sharding(mode);
		boolean asAsked = (options.registration() == null || options.registration() == registration)
				&& options.sharding() == sharding;
		return asAsked ? null : "It was decided before in this process: registration " + registration + ", sharding "
				+ sharding + ".";
	}

	private static BindingHandles handles(Binding binding, NativeLibrary library, NativeLibrary.Mode mode, int rows)
			throws ReflectiveOperationException {
		return switch (binding) {
			case FOREIGN -> ForeignCalls.bind(library, mode);
			case JNI -> JniCalls.bind(library.file(), rows, mode);
			case JNA -> JnaCalls.bind(library.file(), mode);
			case NONE -> throw new IllegalArgumentException("'binding' must not be NONE");
		};
	}

	private static UnavailabilityReason reason(LibraryException.Problem problem) {
		return switch (problem) {
			case MISSING -> UnavailabilityReason.NATIVE_LIBRARY_MISSING;
			case NOT_EXTRACTED -> UnavailabilityReason.NATIVE_LIBRARY_NOT_EXTRACTED;
			case NOT_EXECUTABLE -> UnavailabilityReason.NATIVE_LIBRARY_NOT_EXECUTABLE;
			case DAMAGED -> UnavailabilityReason.NATIVE_LIBRARY_DAMAGED;
			case JNA -> UnavailabilityReason.JNA_UNAVAILABLE;
			case DENIED -> UnavailabilityReason.NATIVE_ACCESS_DENIED;
		};
	}

	private static Probe unavailable(UnavailabilityReason reason, @Nullable String detail, Platform platform,
			@Nullable Throwable cause) {
		return new Probe(new Availability(false, reason, detail, null), platform, Registration.NONE, null, 0,
				Binding.NONE, null, cause);
	}

	private static Probe failed(UnavailabilityReason reason, String detail, Platform platform, NativeLibrary.Mode mode,
			SelfTest seen) {
		return new Probe(new Availability(false, reason, detail, seen), platform, registration(mode), null, 0,
				Binding.NONE, null, null);
	}

	private static @Nullable String architecture(String arch) {
		return switch (arch.toLowerCase(Locale.ROOT)) {
			case "amd64", "x86_64" -> "x86_64";
			case "aarch64", "arm64" -> "aarch64";
			default -> null;
		};
	}

	private static Platform platform(@Nullable NativeLibrary library) {
		return new Platform(System.getProperty("os.name", "unknown"), System.getProperty("os.arch", "unknown"),
				System.getProperty("os.version"), (library != null) ? CLibrary.version() : null,
				Runtime.version().feature(), (library != null) ? CLibrary.featureSize() : null,
				(library != null) ? CLibrary.alignment() : null);
	}

}
