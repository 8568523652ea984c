package io.github.rseq;

/**
 * Why restartable sequences can't be had: a closed list, each entry with a sentence for
 * people and a hint that says what to do.
 */
public enum UnavailabilityReason {

	/** Not Linux. */
	UNSUPPORTED_OS("Restartable sequences exist on Linux only.",
			"Run the service on Linux to use rseq. Elsewhere meters record in Java."),

	/** Neither x86-64 nor aarch64, or a 32-bit JVM. */
	UNSUPPORTED_ARCHITECTURE("There are critical sections for 64-bit x86-64 and aarch64 only.",
			"Run a 64-bit JVM on x86-64 or aarch64 to use rseq. Elsewhere meters record in Java."),

	/** The switch was off from the start, so nobody looked. */
	NOT_PROBED("Nobody has looked for rseq yet, since it was disabled from the start.",
			"Turn the switch on: rseq is looked for when it is first turned on."),

	/** The binding {@code NONE} was asked for. */
	BINDING_NONE("The binding 'none' was asked for, so no native code is called.",
			"Set rseq.binding to 'auto' to use rseq."),

	/** The registration {@code NONE} was asked for. */
	REGISTRATION_OFF("No registration with the kernel was to be used, so no native code is called.",
			"Set rseq.registration to 'auto' to use rseq."),

	/** The jar holds no library for this architecture, or the given path no file. */
	NATIVE_LIBRARY_MISSING("The native library is missing.",
			"Use a rseq-native jar built where a C compiler was installed, or let rseq.native-library.path name the library's file; if it is set, correct or remove it."),

	/** The library was found, but is not what this version needs. */
	NATIVE_LIBRARY_DAMAGED("The native library can't be loaded or is not the one this version needs.",
			"Remove rseq.native-library.path, or let it name the library of the same version; check the jar's integrity."),

	/** The library could not be written to a directory. */
	NATIVE_LIBRARY_NOT_EXTRACTED("The native library could not be written to any directory.",
			"Mount a writable directory at /tmp, or set rseq.native-library.directory to one, which serves JNA, too."),

	/** The library's directory is mounted noexec. */
	NATIVE_LIBRARY_NOT_EXECUTABLE(
			"The native library lies on a file system that is mounted noexec, or that a security module protects.",
			"Set rseq.native-library.directory to a directory that allows execution, and -Djna.tmpdir likewise; or mount /tmp without noexec."),

	/** JNA is missing or its own stub could not be loaded. */
	JNA_UNAVAILABLE("JNA, which loads and probes the native library, could not be started.",
			"Put net.java.dev.jna:jna 5.19 on the class path; where the cache directory of the user and /tmp are read-only or noexec, set -Djna.tmpdir to a directory that is neither."),

	/** The JVM denies native access. */
	NATIVE_ACCESS_DENIED("The JVM denies native access to this code.",
			"Start the JVM with --enable-native-access=ALL-UNNAMED, or put 'Enable-Native-Access: ALL-UNNAMED' into the manifest of the jar that is started."),

	/** It was to register, and can't: musl, or glibc before 2.35. */
	LIBC_WITHOUT_RSEQ("The C library was to register rseq, and does not know how.",
			"Set rseq.registration to 'auto' or 'self', or use an image with glibc 2.35 or later (Debian 12, Ubuntu 22.04, UBI 9.1 or later), not musl."),

	/** The user switched glibc's registration off. */
	LIBC_REGISTRATION_DISABLED("The C library's rseq registration was switched off by GLIBC_TUNABLES.",
			"Unless a checkpoint tool or allocator needs it: remove glibc.pthread.rseq=0 from GLIBC_TUNABLES in the environment of the process, or set rseq.registration to 'self'."),

	/** We were to register, and somebody has. */
	REGISTERED_ALREADY("This library was to register rseq, and somebody else has registered already.",
			"Set rseq.registration to 'auto'. Where it was the C library, that works at once; to let this library register instead, start the process with GLIBC_TUNABLES=glibc.pthread.rseq=0."),

	/** The kernel has no rseq. */
	KERNEL_WITHOUT_RSEQ("The kernel does not implement the rseq system call.",
			"Use Linux 4.18 or later with CONFIG_RSEQ. gVisor, valgrind, rr and qemu-user don't implement it."),

	/** The system call exists, but is refused. */
	SYSCALL_BLOCKED("The rseq system call is refused, most likely by a seccomp filter.",
			"Allow the system call rseq in the seccomp profile; Docker's default profile allows it since 20.10."),

	/** Registering failed for another reason. */
	REGISTRATION_FAILED("rseq could not be registered with the kernel.",
			"Look for another owner of the registration, such as a preloaded allocator; where the C library has the symbols and leaves it at that, set rseq.registration to 'self'."),

	/** Rows by concurrency id were asked for, and there is none. */
	MM_CID_UNAVAILABLE("The kernel keeps no concurrency ids (mm_cid) of threads.",
			"Set rseq.sharding to 'cpu', or use Linux 6.3 or later."),

	/** A section that was preempted did not abort. */
	SELF_TEST_FAILED("A critical section that was preempted did not abort, so counts would be lost.",
			"Use another kernel: Linux 6.19 to 7.0.13 on aarch64 is known for this, and some emulators pretend to implement rseq."),

	/** No preemption could be brought about in time. */
	SELF_TEST_INCONCLUSIVE("The self-test could not bring about a preemption in time, so nothing is proven.",
			"Raise the CPU quota of the container during start, or probe again."),

	/** The binding that was asked for can't be had. */
	BINDING_UNAVAILABLE("The binding that was asked for can't be had on this JVM.",
			"Set rseq.binding to 'auto'; 'foreign' needs JDK 21 or later, or JDK 17 with --add-modules jdk.incubator.foreign --enable-native-access=ALL-UNNAMED."),

	/** The arena's memory could not be mapped. */
	ARENA_NOT_MAPPED("The memory of the per-CPU cells could not be mapped.",
			"Raise the limit on virtual memory (ulimit -v): each segment reserves 64 KiB per possible CPU."),

	/** Something else went wrong, which nobody has thought of. */
	PROBE_FAILED("Looking for rseq failed in a way that nobody has thought of.",
			"Please report it with the detail and the log at level DEBUG; rseq.binding=none loads no native code.");

	private final String sentence;

	private final String hint;

	UnavailabilityReason(String sentence, String hint) {
		this.sentence = sentence;
		this.hint = hint;
	}

	/**
	 * What is the case, for people.
	 * @return one sentence
	 */
	public String sentence() {
		return this.sentence;
	}

	/**
	 * What to do about it.
	 * @return one or two sentences
	 */
	public String hint() {
		return this.hint;
	}

}
