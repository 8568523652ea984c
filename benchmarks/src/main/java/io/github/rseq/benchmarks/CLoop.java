package io.github.rseq.benchmarks;

import io.github.rseq.control.Arena;
import io.github.rseq.control.LibraryException;
import io.github.rseq.control.LibraryLoader;
import io.github.rseq.control.NativeLibrary;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * The sections called from a loop in C: what they cost without Java. The call of the loop
 * itself goes through JNA, some microseconds for {@value #TIMES} of them.
 */
@State(Scope.Benchmark)
public class CLoop {

	static final int TIMES = 100_000;

	private static final int LINE_BYTES = 64;

	/**
	 * The maxima of two past epochs, as a timer keeps them by default; epoch 0.
	 */
	private static final long EPOCH = 2L << Integer.SIZE;

	private final NativeLibrary library;

	private final long slot;

	private final long line;

	/**
	 * A slot and a line of its own.
	 */
	public CLoop() {
		Mode.ON.apply();
		String architecture = System.getProperty("os.arch").equals("amd64") ? "x86_64" : System.getProperty("os.arch");
		try {
			this.library = LibraryLoader.load(null, null, architecture);
		}
		catch (LibraryException ex) {
			throw new IllegalStateException(ex);
		}
		Arena arena = new Arena(this.library, this.library.start(0, NativeLibrary.Mode.DEFAULT));
		this.slot = arena.allocate(this.library, Long.BYTES);
		this.line = arena.allocate(this.library, LINE_BYTES);
	}

	void addLong() {
		this.library.addLong(this.slot, 1, TIMES);
	}

	void addDouble() {
		this.library.addDouble(this.slot, 0.5, TIMES);
	}

	void recordLong() {
		this.library.recordLong(this.line, 1_000_000, EPOCH, TIMES);
	}

}
