package io.github.rseq;

import java.util.Collections;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

import io.github.rseq.RseqStatus.Aborts;
import io.github.rseq.RseqStatus.Availability;
import io.github.rseq.RseqStatus.Cpus;
import io.github.rseq.RseqStatus.Memory;
import io.github.rseq.binding.BindingHandles;
import io.github.rseq.binding.Recording;
import io.github.rseq.control.Arena;
import io.github.rseq.control.NativeLibrary;
import io.github.rseq.control.NumaNodes;
import org.jspecify.annotations.Nullable;

/**
 * The one holder of this class loader's state: the last options, the last probe, the
 * arena and the switch.
 * <p>
 * Once there is an arena it stays, whatever later probes say: adders keep their slots,
 * and their sums take them in. What a probe decides is only where later records go.
 */
final class RseqRuntime {

	private static volatile @Nullable RseqRuntime instance;

	private volatile RseqOptions options;

	private volatile Probe probe;

	private volatile @Nullable Arena arena;

	private volatile SortedMap<Integer, Integer> numaNodes = Collections.emptySortedMap();

	private volatile @Nullable NativeLibrary reader;

	private @Nullable RseqOptions readerOptions;

	private volatile boolean enabled;

	private volatile boolean suspended;

	/*
	 * The C library's registration is the checkpointer's to bring back, ours is not: a
	 * thread would go on with an area that the kernel does not know.
	 */
	private volatile boolean restored;

	// Who notifies of checkpoints refers to it weakly.
	@SuppressWarnings("unused")
	private @Nullable Object checkpointResource;

	private RseqRuntime(RseqOptions options) {
		this.options = options;
		this.enabled = options.enabled();
		this.probe = options.enabled() ? run(options) : Probe.none();
	}

	static RseqRuntime get() {
		RseqRuntime runtime = instance;
		return (runtime != null) ? runtime : create(RseqOptions.DEFAULTS);
	}

	private static synchronized RseqRuntime create(RseqOptions options) {
		RseqRuntime runtime = instance;
		if (runtime == null) {
			runtime = new RseqRuntime(options);
			runtime.apply();
			runtime.registerForCheckpoints();
			instance = runtime;
		}
		return runtime;
	}

	static RseqStatus configure(RseqOptions options) {
		RseqRuntime runtime = create(options);
		runtime.reconfigure(options);
		return runtime.status();
	}

	private synchronized void reconfigure(RseqOptions options) {
		RseqOptions before = this.options;
		this.options = options;
		boolean sameProbe = before.withEnabled(options.enabled()).equals(options);
		if (!sameProbe) {
			this.probe = options.enabled() ? run(options) : Probe.none();
		}
		turn(options.enabled());
	}

	RseqStatus probe() {
		synchronized (this) {
			this.probe = run(this.options);
			apply();
		}
		return status();
	}

	/*
	 * Whatever goes wrong, the application starts: it has asked for counters, not for
	 * rseq.
	 */
	private Probe run(RseqOptions options) {
		try {
			return probe(options);
		}
		catch (VirtualMachineError ex) {
			throw ex;
		}
		catch (RuntimeException | Error ex) {
			return Probe.failed(ex);
		}
	}

	/*
	 * The arena comes last in a probe: it needs the library and the number of rows, and
	 * must be there before a record may go to it.
	 */
	private Probe probe(RseqOptions options) {
		Arena arena = this.arena;
		// Loading again might map the library again, at another place and with other
		// counts.
		NativeLibrary loaded = isLoadedFor(options) ? this.reader : null;
		NativeLibrary reader = this.reader;
		NativeLibrary.Mode written = (reader != null) ? reader.mode() : null;
		if (this.restored && written != null && !written.equals(NativeLibrary.Mode.DEFAULT)) {
			return Probe.restored();
		}
		Probe result = Probe.run(options, loaded, (arena != null) ? arena.cpus() : 0, written);
		NativeLibrary library = result.library();
		if (!result.availability().available() || library == null) {
			return result;
		}
		if (arena == null) {
			arena = new Arena(library, result.cpus());
		}
		if (!arena.isUsable()) {
			return new Probe(
					new Availability(false, UnavailabilityReason.ARENA_NOT_MAPPED, null,
							result.availability().selfTest()),
					result.platform(), result.registration(), null, 0, Binding.NONE, null, null);
		}
		BindingHandles handles = result.handles();
		if (handles != null) {
			Recording.install(handles);
			exercise(arena);
		}
		this.reader = library;
		this.readerOptions = options;
		this.numaNodes = NumaNodes.read(arena.cpus());
		this.arena = arena;
		return result;
	}

	/*
	 * Calls everything once, where nobody counts. What a linker initialises at the first
	 * call may fail for good where it comes at the end of a stack.
	 */
	private static void exercise(Arena arena) {
		long scratch = arena.scratch();
		Recording.addLong(scratch, 1);
		Recording.addDouble(scratch, 1);
		Recording.recordLong(scratch, 1, 0);
		Recording.recordDouble(scratch, 1, 0);
		Recording.recordLong(scratch, 1, 0, scratch, scratch);
		Recording.recordDouble(scratch, 1, 0, scratch, scratch);
		Recording.sumLong(scratch);
		Recording.sumDouble(scratch);
		Recording.currentCpu();
	}

	private boolean isLoadedFor(RseqOptions options) {
		RseqOptions before = this.readerOptions;
		return before != null && Objects.equals(before.library(), options.library())
				&& Objects.equals(before.directory(), options.directory());
	}

	private void registerForCheckpoints() {
		try {
			this.checkpointResource = CheckpointResource.register(this);
		}
		catch (LinkageError ex) {
			// org.crac is optional.
		}
	}

	/**
	 * Sends records to Java, and nothing else, until {@link #resume()}: the process is
	 * about to be stopped, and may go on under another kernel or on other CPUs.
	 */
	synchronized void suspend() {
		this.suspended = true;
		apply();
	}

	/**
	 * Finds out again what there is, unless it is disabled, and goes on.
	 */
	synchronized void resume() {
		this.suspended = false;
		this.restored = true;
		this.probe = this.enabled ? run(this.options) : Probe.none();
		apply();
	}

	private boolean isActive() {
		return this.enabled && !this.suspended && this.probe.availability().available();
	}

	private void apply() {
		Recording.setActive(adders() == AdderCells.PER_CPU, isActive());
	}

	/*
	 * Measured (docs/adr/0003): an add through JNI costs more than one to a LongAdder, so
	 * on a JVM without a better binding adders stay in Java, unless that binding was
	 * asked for.
	 */
	private AdderCells adders() {
		Probe probe = this.probe;
		boolean worthIt = probe.binding() == Binding.FOREIGN || probe.binding() == this.options.binding();
		return (isActive() && worthIt) ? AdderCells.PER_CPU : AdderCells.JAVA;
	}

	Availability availability() {
		return this.probe.availability();
	}

	void ensureAvailable() {
		Availability availability = this.probe.availability();
		UnavailabilityReason reason = availability.reason();
		if (reason != null) {
			throw new RseqUnavailableException(reason, availability.detail(), this.probe.cause());
		}
	}

	boolean isEnabled() {
		return this.enabled;
	}

	synchronized void setEnabled(boolean enabled) {
		this.options = this.options.withEnabled(enabled);
		turn(enabled);
	}

	private void turn(boolean enabled) {
		if (enabled && this.probe.availability().reason() == UnavailabilityReason.NOT_PROBED) {
			this.probe = run(this.options);
		}
		this.enabled = enabled;
		apply();
	}

	/**
	 * Takes a slot.
	 * @param owner its only user
	 * @param bytes its length: 8, or a multiple of 64
	 * @return the slot's address, or 0 where there is none to be had
	 */
	long allocate(Object owner, int bytes) {
		Arena arena = this.arena;
		return (arena != null) ? arena.allocate(owner, bytes) : 0;
	}

	/**
	 * The arena that a slot came from.
	 * @return the arena
	 */
	Arena arena() {
		Arena arena = this.arena;
		if (arena == null) {
			throw new IllegalStateException("There is a slot, but no arena");
		}
		return arena;
	}

	int cpus() {
		Arena arena = this.arena;
		return (arena != null) ? arena.cpus() : 0;
	}

	/**
	 * Reads the cells of a slot.
	 * @param slot the slot's address
	 * @return the bits of each CPU's cell, and of the fallback row's behind them
	 */
	long[] read(long slot) {
		NativeLibrary reader = this.reader;
		if (reader == null) {
			throw new IllegalStateException("There is a slot, but no library");
		}
		return reader.read(slot, cpus());
	}

	RseqStatus status() {
		Probe probe = this.probe;
		boolean enabled = this.enabled;
		RseqState state = !enabled ? RseqState.DISABLED : isActive() ? RseqState.ACTIVE : RseqState.FALLBACK;
		int available = Runtime.getRuntime().availableProcessors();
		Arena arena = this.arena;
		Memory memory = (arena != null)
				? new Memory(arena.reserved(), arena.used(), arena.slots(), arena.refused(), arena.isExhausted())
				: new Memory(0, 0, 0, 0, false);
		return new RseqStatus(state, enabled, probe.availability(), probe.platform(), probe.binding(), adders(),
				probe.registration(), sharding(), this.options, new Cpus(cpus(), available, this.numaNodes), aborts(),
				memory);
	}

	private @Nullable Sharding sharding() {
		NativeLibrary reader = this.reader;
		NativeLibrary.Mode mode = (reader != null) ? reader.mode() : null;
		return (mode != null) ? Probe.sharding(mode) : null;
	}

	private Aborts aborts() {
		SortedMap<Integer, Long> perCpu = new TreeMap<>();
		NativeLibrary reader = this.reader;
		long migrated = 0;
		long preempted = 0;
		long early = 0;
		long fallback = 0;
		if (reader != null) {
			int cpus = cpus();
			long[] statistics = reader.statistics(cpus);
			for (int row = 0; row <= cpus; row++) {
				int at = 4 * row;
				long total = statistics[at] + statistics[at + 1] + statistics[at + 2];
				if (total > 0 && row < cpus) {
					perCpu.put(row, total);
				}
				migrated += statistics[at];
				preempted += statistics[at + 1];
				early += statistics[at + 2];
				fallback += statistics[at + 3];
			}
		}
		return new Aborts(migrated + preempted + early, migrated, preempted, early, fallback, perCpu);
	}

}
