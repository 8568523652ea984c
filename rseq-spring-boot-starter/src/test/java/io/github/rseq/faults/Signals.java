package io.github.rseq.faults;

import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends each thread a signal.
 */
final class Signals implements Disturber {

	private final Kernel kernel = new Kernel();

	private long sent;

	Signals() {
		this.kernel.handleSignal();
	}

	@Override
	public long disturb() throws Exception {
		try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
			for (Path task : tasks) {
				this.sent += this.kernel.signal(Long.parseLong(task.getFileName().toString())) ? 1 : 0;
			}
		}
		LockSupport.parkNanos(100_000);
		return this.sent;
	}

	@Override
	public long enough() {
		return 1000;
	}

}
