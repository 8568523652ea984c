package io.github.rseq.sample;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Starts samples for one test, or for all tests of a class where it is registered in a
 * static field. Ends them afterwards whatever came of it, and prints their logs if a test
 * failed.
 */
final class Samples implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {

	private final List<Sample> samples = new CopyOnWriteArrayList<>();

	private final Thread lastResort = new Thread(this::close, "end samples");

	private boolean forClass;

	private boolean failed;

	Samples() {
		Runtime.getRuntime().addShutdownHook(this.lastResort);
	}

	/**
	 * Start a sample and wait until it is open.
	 */
	Sample open(Sample.Launch launch) throws IOException, InterruptedException {
		Sample sample = start(launch);
		sample.awaitOpen();
		return sample;
	}

	/**
	 * Start a sample that is not expected to open.
	 */
	Sample start(Sample.Launch launch) throws IOException {
		Sample sample = launch.start();
		this.samples.add(sample);
		return sample;
	}

	@Override
	public void beforeAll(ExtensionContext context) {
		this.forClass = true;
	}

	@Override
	public void afterEach(ExtensionContext context) {
		this.failed = this.failed || context.getExecutionException().isPresent();
		if (!this.forClass) {
			end();
		}
	}

	@Override
	public void afterAll(ExtensionContext context) {
		this.failed = this.failed || context.getExecutionException().isPresent();
		end();
	}

	private void end() {
		close();
		if (this.failed) {
			this.samples.forEach((sample) -> System.out.println(sample.log()));
		}
		Runtime.getRuntime().removeShutdownHook(this.lastResort);
	}

	private void close() {
		this.samples.forEach(Sample::close);
	}

}
