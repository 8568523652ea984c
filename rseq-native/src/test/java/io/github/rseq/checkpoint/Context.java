package io.github.rseq.checkpoint;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Keeps resources weakly, in the order in which they were registered.
 */
public final class Context {

	private final List<WeakReference<Resource>> resources = new ArrayList<>();

	public void register(Resource resource) {
		this.resources.add(new WeakReference<>(resource));
	}

	/**
	 * What is registered and still reachable.
	 */
	public List<Resource> resources() {
		return this.resources.stream().map(WeakReference::get).filter(Objects::nonNull).toList();
	}

}
