package io.github.rseq;

import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;

/**
 * Takes part in a checkpoint of the JVM, where there are such (CRaC). The only class that
 * refers to {@code org.crac}, which is optional.
 * <p>
 * A restored process may find itself on another machine, and the kernel's promise has to
 * be tested again there before anything relies on it.
 */
final class CheckpointResource implements Resource {

	private final RseqRuntime runtime;

	private CheckpointResource(RseqRuntime runtime) {
		this.runtime = runtime;
	}

	/**
	 * Registers a resource.
	 * @param runtime what is to be suspended and resumed
	 * @return the resource, which is to be kept reachable: its context doesn't
	 */
	static Object register(RseqRuntime runtime) {
		CheckpointResource resource = new CheckpointResource(runtime);
		Core.getGlobalContext().register(resource);
		return resource;
	}

	@Override
	public void beforeCheckpoint(Context<? extends Resource> context) {
		this.runtime.suspend();
	}

	@Override
	public void afterRestore(Context<? extends Resource> context) {
		this.runtime.resume();
	}

}
