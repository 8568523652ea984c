package io.github.rseq.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

/**
 * Puts a CPU offline and online again, whatever becomes of the JVM that runs this.
 */
final class Hotplug implements Outside {

	private static final Path ONLINE = Path.of("/sys/devices/system/cpu/cpu1/online");

	private final Thread lastResort = new Thread(this::putOnline);

	Hotplug() {
		Runtime.getRuntime().addShutdownHook(this.lastResort);
	}

	static @Nullable String unsupported() {
		return Files.isWritable(ONLINE) ? null : ONLINE + " can't be written";
	}

	@Override
	public boolean happen() throws IOException, InterruptedException {
		Files.writeString(ONLINE, "0");
		Thread.sleep(20);
		putOnline();
		Thread.sleep(20);
		return true;
	}

	private void putOnline() {
		try {
			Files.writeString(ONLINE, "1");
		}
		catch (IOException ex) {
			// It is online.
		}
	}

	@Override
	public void close() {
		putOnline();
		Runtime.getRuntime().removeShutdownHook(this.lastResort);
	}

}
