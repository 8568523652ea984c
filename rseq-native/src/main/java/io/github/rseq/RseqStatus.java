package io.github.rseq;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

/**
 * A snapshot of everything there is to know about restartable sequences in this JVM,
 * taken by {@link Rseq#status()}. Immutable.
 *
 * @param state what happens to a record made now
 * @param enabled the position of the switch
 * @param availability whether rseq can be had, and if not, why
 * @param platform what it runs on
 * @param binding the way to the critical sections; {@link Binding#NONE} where there is
 * none
 * @param adders where adders, and so counters, record now; recorders and arrays, and so
 * timers and summaries, record per CPU wherever the state is {@link RseqState#ACTIVE}
 * @param registration who registers this process' threads; {@link Registration#NONE}
 * where rseq can't be had
 * @param sharding what numbers the rows of cells, or {@code null} where there are none
 * @param asked the options that were asked for, from which the binding, the registration
 * and the sharding may differ, where the first class loader of this process decided
 * otherwise
 * @param cpus the CPUs that have cells
 * @param aborts how often sections were aborted by the kernel
 * @param memory the arena's memory
 */
public record RseqStatus(RseqState state, boolean enabled, Availability availability, Platform platform,
		Binding binding, AdderCells adders, Registration registration, @Nullable Sharding sharding, RseqOptions asked,
		Cpus cpus, Aborts aborts, Memory memory) {

	/**
	 * Whether rseq can be had.
	 *
	 * @param available whether it can
	 * @param reason why not, or {@code null} where it can
	 * @param detail what was seen on this machine; where rseq is available, why a faster
	 * binding was passed over; or {@code null}
	 * @param selfTest what the behavioural self-test saw, or {@code null} where it did
	 * not get that far
	 */
	public record Availability(boolean available, @Nullable UnavailabilityReason reason, @Nullable String detail,
			@Nullable SelfTest selfTest) {
	}

	/**
	 * What the behavioural self-test saw.
	 *
	 * @param aborts how many preempted sections were aborted, as they must be
	 * @param violations how many were preempted and carried on; must be 0
	 * @param millis how long it took, in milliseconds
	 */
	public record SelfTest(long aborts, long violations, long millis) {
	}

	/**
	 * What it runs on. Unknown values are {@code null}.
	 *
	 * @param os the operating system's name
	 * @param arch the architecture as the JVM names it
	 * @param kernel the kernel's release
	 * @param libc the C library and its version
	 * @param java the JVM's feature release, such as 25
	 * @param featureSize the kernel's rseq feature size in bytes (auxv
	 * AT_RSEQ_FEATURE_SIZE); 20 where the kernel does not tell
	 * @param alignment the kernel's rseq alignment in bytes (auxv AT_RSEQ_ALIGN); 32
	 * where the kernel does not tell
	 */
	public record Platform(String os, String arch, @Nullable String kernel, @Nullable String libc, int java,
			@Nullable Integer featureSize, @Nullable Integer alignment) {
	}

	/**
	 * The CPUs that have cells.
	 *
	 * @param possible how many CPUs this machine can ever have, by
	 * {@code /sys/devices/system/cpu/possible}: the cells are sized by it
	 * @param available how many this JVM may use, by
	 * {@link Runtime#availableProcessors()}
	 * @param numaNodes the NUMA node of each CPU that was online when it was last looked
	 * for rseq, by {@code /sys/devices/system/node}; empty where that can't be read
	 */
	public record Cpus(int possible, int available, SortedMap<Integer, Integer> numaNodes) {

		public Cpus {
			numaNodes = Collections.unmodifiableSortedMap(new TreeMap<>(numaNodes));
		}

	}

	/**
	 * How often the kernel aborted a section, since the library was loaded, in all class
	 * loaders of this process. An aborted section has had no effect and is run again.
	 *
	 * @param total all of them
	 * @param migrated those where the thread went on on another CPU, or with another
	 * concurrency id
	 * @param preemptedOrSignalled those where it went on on the same CPU, or with the
	 * same id
	 * @param early those that came before the section had read its CPU or id
	 * @param fallback how many operations were given up after the bounded retries, or
	 * found no valid CPU, and went to a fallback cell instead, an adder's to that of the
	 * section, a recorder's to one in Java; none is lost
	 * @param perCpu the totals by the CPU on which the thread went on, or by its
	 * concurrency id where that numbers the rows ({@link RseqStatus#sharding()}); those
	 * without any are left out
	 */
	public record Aborts(long total, long migrated, long preemptedOrSignalled, long early, long fallback,
			SortedMap<Integer, Long> perCpu) {
	}

	/**
	 * The memory of this class loader's arena.
	 *
	 * @param reserved the address space reserved, in bytes
	 * @param used the bytes of the slots in use, in the rows of all possible CPUs and the
	 * fallback row; pages of CPUs that never ran a section are not resident
	 * @param cells how many slots are in use: of adders 8 bytes wide, of recorders and
	 * arrays one or more lines of 64 bytes
	 * @param refused how many adders, recorders and arrays got no slot, and count in Java
	 * for good, since no memory could be had or the slot would be longer than a row of 64
	 * KiB
	 * @param exhausted whether the system has refused memory; it is not asked again, and
	 * new adders, recorders and arrays only get slots that others have left
	 */
	public record Memory(long reserved, long used, long cells, long refused, boolean exhausted) {
	}

}
