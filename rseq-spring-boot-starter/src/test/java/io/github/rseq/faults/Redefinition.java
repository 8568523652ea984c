package io.github.rseq.faults;

import java.lang.instrument.Instrumentation;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Has classes transformed into themselves, for which the JVM throws away all compiled
 * code that depends on them.
 */
final class Redefinition implements Disturber {

	private final Instrumentation instrumentation = Objects.requireNonNull(RetransformingAgent.instrumentation);

	private long redefined;

	@Override
	public long disturb() throws Exception {
		Class<?>[] types = Stream.of(this.instrumentation.getAllLoadedClasses())
			.filter((type) -> type.getName().startsWith("io.github.rseq."))
			.filter((type) -> !type.getName().startsWith("io.github.rseq.faults."))
			.filter(this.instrumentation::isModifiableClass)
			.toArray(Class<?>[]::new);
		this.instrumentation.retransformClasses(types);
		// Time to be compiled again.
		LockSupport.parkNanos(20_000_000);
		return ++this.redefined;
	}

}
