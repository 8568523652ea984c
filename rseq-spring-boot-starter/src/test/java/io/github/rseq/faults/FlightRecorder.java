package io.github.rseq.faults;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import jdk.jfr.Configuration;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/**
 * Records with Flight Recorder, one recording after the other. Counts threads sampled.
 */
final class FlightRecorder implements Disturber {

	private long samples;

	@Override
	public long disturb() throws Exception {
		Path file = Files.createTempFile("faults-", ".jfr");
		try (Recording recording = new Recording(Configuration.getConfiguration("profile"))) {
			recording.enable("jdk.ExecutionSample").withPeriod(Duration.ofMillis(1));
			recording.enable("jdk.NativeMethodSample").withPeriod(Duration.ofMillis(1));
			if (Runtime.version().feature() >= 25) {
				// By a signal from a timer of the thread's CPU time.
				recording.enable("jdk.CPUTimeSample").with("throttle", "1ms");
			}
			recording.start();
			Thread.sleep(100);
			recording.stop();
			recording.dump(file);
			for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
				if (event.getEventType().getName().endsWith("Sample")) {
					this.samples++;
				}
			}
		}
		finally {
			Files.delete(file);
		}
		return this.samples;
	}

}
