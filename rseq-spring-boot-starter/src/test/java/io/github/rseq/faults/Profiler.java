package io.github.rseq.faults;

import one.profiler.AsyncProfiler;

/**
 * Profiles with async-profiler. Counts its samples.
 */
final class Profiler implements Disturber {

	private final AsyncProfiler profiler = AsyncProfiler.getInstance();

	private long samples;

	@Override
	public long disturb() throws Exception {
		this.profiler.execute("start,event=ctimer,interval=100us");
		Thread.sleep(100);
		this.profiler.execute("stop");
		this.samples += this.profiler.getSamples();
		return this.samples;
	}

}
