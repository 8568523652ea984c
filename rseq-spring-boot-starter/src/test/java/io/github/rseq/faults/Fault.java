package io.github.rseq.faults;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;

import com.sun.management.HotSpotDiagnosticMXBean;
import org.jspecify.annotations.Nullable;

import io.github.rseq.Binding;

/**
 * What may come between a record and its commit, or between a caller and the section.
 * Nothing but the other threads on the same CPU comes with {@link #OVERSUBSCRIPTION},
 * which is in all others as well.
 */
enum Fault {

	OVERSUBSCRIPTION("8 threads on each CPU"),

	SAFEPOINTS("stack traces of all threads, and `System.gc()`") {

		@Override
		Disturber disturber(Disturbed disturbed) {
			return new Safepoints();
		}

	},

	FLIGHT_RECORDER("JFR recordings with profile settings that sample threads each millisecond") {

		@Override
		Disturber disturber(Disturbed disturbed) {
			return new FlightRecorder();
		}

	},

	PROFILER("async-profiler with a CPU timer's signal in each thread every 100 µs") {

		@Override
		@Nullable String unsupported() {
			return System.getProperty("os.name").equals("Linux") ? null : "async-profiler's library is for Linux";
		}

		@Override
		List<String> options(Path directory) {
			return List.of("-XX:+UnlockDiagnosticVMOptions", "-XX:+DebugNonSafepoints");
		}

		@Override
		Disturber disturber(Disturbed disturbed) {
			return new Profiler();
		}

	},

	SIGNALS("a real-time signal to every thread, again and again") {

		@Override
		Disturber disturber(Disturbed disturbed) {
			return new Signals();
		}

	},

	REDEFINITION("all classes of rseq and of its meters retransformed, so that compiled code is thrown away") {

		@Override
		List<String> options(Path directory) {
			return List.of("-javaagent:" + RetransformingAgent.jar(directory));
		}

		@Override
		Disturber disturber(Disturbed disturbed) {
			return new Redefinition();
		}

	},

	REBINDING("the binding changed, so that call sites are flipped and compiled code is thrown away") {

		@Override
		Disturber disturber(Disturbed disturbed) {
			return new Rebinding(disturbed);
		}

	},

	INTERPRETER("`-Xint`") {

		@Override
		List<String> options(Path directory) {
			return List.of("-Xint");
		}

	},

	FIRST_COMPILER("`-XX:TieredStopAtLevel=1`") {

		@Override
		List<String> options(Path directory) {
			return List.of("-XX:TieredStopAtLevel=1");
		}

	},

	SECOND_COMPILER_AT_ONCE("`-Xcomp -XX:-TieredCompilation` for rseq, its meters and method handles") {

		@Override
		List<String> options(Path directory) {
			return List.of("-Xcomp", "-XX:-TieredCompilation", "-XX:CompileCommand=quiet",
					"-XX:CompileCommand=compileonly,io.github.rseq*::*",
					"-XX:CompileCommand=compileonly,java.lang.invoke.LambdaForm*::*");
		}

	},

	SERIAL_COLLECTOR("garbage in a heap of 32 MiB, `-XX:+UseSerialGC`", "UseSerialGC"),

	PARALLEL_COLLECTOR("garbage in a heap of 32 MiB, `-XX:+UseParallelGC`", "UseParallelGC"),

	G1_COLLECTOR("garbage in a heap of 32 MiB, `-XX:+UseG1GC`", "UseG1GC"),

	Z_COLLECTOR("garbage in a heap of 64 MiB, `-XX:+UseZGC`", "UseZGC"),

	SHENANDOAH_COLLECTOR("garbage in a heap of 32 MiB, `-XX:+UseShenandoahGC`", "UseShenandoahGC"),

	CHECKED_JNI("`-Xcheck:jni`, with the JNI binding") {

		@Override
		List<String> options(Path directory) {
			return List.of("-Xcheck:jni");
		}

		@Override
		Binding binding() {
			return Binding.JNI;
		}

		@Override
		Disturber disturber(Disturbed disturbed) {
			return new Safepoints();
		}

	},

	VIRTUAL_THREADS("a million virtual threads that yield in the middle") {

		@Override
		@Nullable String unsupported() {
			return (Runtime.version().feature() >= 21) ? null : "There are no virtual threads before JDK 21";
		}

	},

	SWITCH("the switch turned off and on") {

		@Override
		Disturber disturber(Disturbed disturbed) {
			return new Switch();
		}

	},

	STOPS("SIGSTOP and SIGCONT from outside") {

		@Override
		Outside outside(long pid) {
			return new Stops(pid);
		}

	},

	AFFINITY("all threads moved to other CPUs from outside, with `taskset -a`") {

		@Override
		@Nullable String unsupported() {
			return Outside.isInstalled("taskset") ? Outside.fewCpus() : "'taskset' is not installed";
		}

		@Override
		Outside outside(long pid) {
			return new Affinity(pid);
		}

	},

	CPUSET("the CPUs of its control group taken away and given back") {

		@Override
		@Nullable String unsupported() {
			return (Outside.fewCpus() != null) ? Outside.fewCpus() : Cpuset.unsupported();
		}

		@Override
		Outside outside(long pid) {
			return new Cpuset(pid);
		}

	},

	HOTPLUG("a CPU put offline and online") {

		@Override
		@Nullable String unsupported() {
			return Boolean.getBoolean("faults.hotplug") ? Hotplug.unsupported()
					: "It disturbs the whole machine: ask for it with -Dfaults.hotplug=true";
		}

		@Override
		Outside outside(long pid) {
			return new Hotplug();
		}

	},

	CLASS_LOADERS("rseq loaded in class loaders of their own, used by two threads, and dropped") {

		@Override
		Disturber disturber(Disturbed disturbed) {
			return new ClassLoaders(disturbed.isLong() ? 100 : 5);
		}

	},

	METERS("meters made, used and dropped, that must begin at zero in slots used before") {

		@Override
		Disturber disturber(Disturbed disturbed) {
			return new Meters(disturbed.isLong() ? 500_000 : 20_000);
		}

	};

	private final String description;

	private final @Nullable String collector;

	Fault(String description) {
		this(description, null);
	}

	Fault(String description, @Nullable String collector) {
		this.description = description;
		this.collector = collector;
	}

	/**
	 * Whether it happens again and again, rather than being there all the time.
	 */
	final boolean isActive() {
		return !EnumSet.of(OVERSUBSCRIPTION, INTERPRETER, FIRST_COMPILER, SECOND_COMPILER_AT_ONCE).contains(this);
	}

	String description() {
		return this.description;
	}

	/**
	 * Why it can't be brought about here, in the JVM that starts the others.
	 */
	@Nullable String unsupported() {
		if (this.collector == null) {
			return null;
		}
		try {
			ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).getVMOption(this.collector);
			return null;
		}
		catch (IllegalArgumentException ex) {
			return "This JVM has no option " + this.collector;
		}
	}

	/**
	 * The options of the JVM that it happens to.
	 * @param directory for files
	 */
	List<String> options(Path directory) {
		return List.of();
	}

	final List<String> collector() {
		return (this.collector != null)
				? List.of("-XX:+" + this.collector, (this == Z_COLLECTOR) ? "-Xmx64m" : "-Xmx32m")
				: List.of("-XX:+UseSerialGC", "-Xmx256m");
	}

	/**
	 * The binding there, which has the options that the foreign one needs.
	 */
	Binding binding() {
		int feature = Runtime.version().feature();
		return (feature == 17 || feature >= 21) ? Binding.FOREIGN : Binding.JNI;
	}

	/**
	 * What brings it about, in that JVM.
	 */
	@Nullable Disturber disturber(Disturbed disturbed) {
		return (this.collector != null) ? new Garbage() : null;
	}

	/**
	 * What brings it about from outside.
	 * @param pid that JVM
	 */
	@Nullable Outside outside(long pid) {
		return null;
	}

	/**
	 * What a fault happens to.
	 *
	 * @param sections the sections in use
	 * @param isLong whether there is time
	 */
	record Disturbed(Sections.Installed sections, boolean isLong) {
	}

}
