package io.github.rseq.benchmarks;

import io.github.rseq.control.Arena;
import io.github.rseq.control.LibraryException;
import io.github.rseq.control.NativeLibrary;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * The sections called from a loop in C: what they cost without Java. The call of the loop
 * itself goes through JNA, some microseconds for {@value #TIMES} adds.
 */
@State(Scope.Benchmark)
public class CLoop {

	static final int TIMES = 100_000;

	private final NativeLibrary library;

	private final long slot;

	/**
	 * A slot of its own.
	 */
	public CLoop() {
		Mode.ON.apply();
		String architecture = System.getProperty("os.arch").equals("amd64") ? "x86_64" : System.getProperty("os.arch");
		try {
			this.library = NativeLibrary.load(null, null, architecture);
		}
		catch (LibraryException ex) {
			throw new IllegalStateException(ex);
		}
		this.slot = new Arena(this.library, this.library.start(0)).allocate(this.library, Long.BYTES);
	}

	void addLong() {
		this.library.addLong(this.slot, 1, TIMES);
	}

	void addDouble() {
		this.library.addDouble(this.slot, 0.5, TIMES);
	}

}
