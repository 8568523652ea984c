package io.github.rseq.control;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The segments of a process. A segment outlives the class loader that mapped it, and
 * serves one that comes later: a reloaded application takes the memory of the one before
 * it, instead of as much again.
 * <p>
 * Guarantee: a segment is handed on only after its keeper has become unreachable. A
 * keeper is to be something that every owner of a slot keeps reachable, such as a class
 * of the loader that the owners' classes are of: an owner keeps its class reachable, a
 * class its loader, a loader its classes. So when the keeper is gone no owner is left,
 * and nobody can be inside a section on the segment.
 * <p>
 * How it is done: the list of all segments hangs on the native library, which every class
 * loader shares and which is never unloaded. It consists of classes of the JDK alone and
 * refers to the keepers by phantom references, so it keeps no class loader reachable. No
 * thread waits for keepers to go; whoever needs a segment looks.
 * <p>
 * Thread-safe.
 */
final class Segments {

	/*
	 * Other versions of this class in other class loaders share the map, and what is in
	 * it under this name; whatever changes its structure has to change the name.
	 */
	private static final String NAME = "segments: { queue of gone keepers, segments by keeper, free segments }";

	private final NativeLibrary library;

	private final Object[] shared;

	private final ReferenceQueue<Object> gone;

	private final Map<Reference<?>, List<long[]>> kept;

	private final Deque<long[]> free;

	private final Reference<?> keeper;

	/**
	 * Joins the class loaders of this process.
	 * @param library the library
	 * @param keeper what every owner of a slot keeps reachable
	 */
	@SuppressWarnings("unchecked")
	Segments(NativeLibrary library, Object keeper) {
		this.library = library;
		ConcurrentMap<String, Object> process = library.shared(new ConcurrentHashMap<>());
		process.putIfAbsent(NAME, new Object[] { new ReferenceQueue<Object>(),
				new HashMap<Reference<?>, List<long[]>>(), new ArrayDeque<long[]>() });
		this.shared = (Object[]) process.get(NAME);
		this.gone = (ReferenceQueue<Object>) this.shared[0];
		this.kept = (Map<Reference<?>, List<long[]>>) this.shared[1];
		this.free = (Deque<long[]>) this.shared[2];
		this.keeper = new PhantomReference<>(keeper, this.gone);
	}

	/**
	 * Takes a segment, all zero, until the keeper becomes unreachable.
	 * @param bytes its length
	 * @return its address, or 0 where no memory can be had
	 */
	long take(long bytes) {
		synchronized (this.shared) {
			for (Reference<?> gone = this.gone.poll(); gone != null; gone = this.gone.poll()) {
				List<long[]> segments = this.kept.remove(gone);
				if (segments != null) {
					this.free.addAll(segments);
				}
			}
			long address = reuse(bytes);
			if (address == 0) {
				address = Math.max(this.library.map(bytes), 0);
			}
			if (address != 0) {
				this.kept.computeIfAbsent(this.keeper, (keeper) -> new ArrayList<>(1))
					.add(new long[] { address, bytes });
			}
			return address;
		}
	}

	private long reuse(long bytes) {
		for (long[] segment : this.free) {
			if (segment[1] == bytes) {
				this.free.remove(segment);
				this.library.clear(segment[0], bytes);
				return segment[0];
			}
		}
		return 0;
	}

}
