package io.github.rseq.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

import io.github.rseq.Binding;
import io.github.rseq.binding.ForeignCalls;

/**
 * Changes the binding while it is in use, which with the shipped sections probes again.
 */
final class Rebinding implements Disturber {

	private final Sections.Installed sections;

	private final List<Binding> bindings = new ArrayList<>(List.of(Binding.JNA));

	private int changes;

	Rebinding(Fault.Disturbed disturbed) {
		this.sections = disturbed.sections();
		if (ForeignCalls.unsupported() == null) {
			this.bindings.add(Binding.FOREIGN);
		}
		if (this.sections.library() == null) {
			// The others' library can't be JNI's as well.
			this.bindings.add(Binding.JNI);
		}
	}

	@Override
	public long disturb() throws Exception {
		this.sections.bind(this.bindings.get(this.changes++ % this.bindings.size()));
		LockSupport.parkNanos(1_000_000);
		return this.changes;
	}

	@Override
	public void close() throws Exception {
		this.sections.bind(this.sections.binding());
	}

}
