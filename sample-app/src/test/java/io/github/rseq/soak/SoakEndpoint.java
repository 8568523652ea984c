package io.github.rseq.soak;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;

/**
 * Records in meters of every kind that stay, and in others that it registers and removes
 * again, until told to stop. Knows what they must have counted.
 */
@Endpoint(id = "soak")
public class SoakEndpoint {

	private static final int RECORDERS = 2;

	private static final int BATCH = 32;

	private static final int RECORDS = 20;

	private final MeterRegistry registry;

	private final Map<MeterKind, Meter> steady = new EnumMap<>(MeterKind.class);

	private final List<Thread> threads = new ArrayList<>();

	private final AtomicLong operations = new AtomicLong();

	private final AtomicLong churned = new AtomicLong();

	private final AtomicLong wrong = new AtomicLong();

	private volatile boolean stopped;

	/**
	 * Starts recording.
	 * @param registry the application's registry
	 */
	public SoakEndpoint(MeterRegistry registry) {
		this.registry = registry;
		for (MeterKind kind : MeterKind.values()) {
			this.steady.put(kind, kind.register(registry, kind.meterName("soak"), Tags.empty()));
		}
		for (int i = 0; i < RECORDERS; i++) {
			start("soak-recorder-" + i, this::record);
		}
		start("soak-churn", this::churn);
	}

	private void start(String name, Runnable task) {
		Thread thread = new Thread(task, name);
		thread.setDaemon(true);
		thread.start();
		this.threads.add(thread);
	}

	private void record() {
		long done = 0;
		while (!this.stopped) {
			for (int i = 0; i < 100; i++) {
				for (Map.Entry<MeterKind, Meter> meter : this.steady.entrySet()) {
					meter.getKey().record(meter.getValue(), done);
				}
				done++;
			}
			// Leaves the processor to the requests.
			LockSupport.parkNanos(1_000_000);
		}
		this.operations.addAndGet(done);
	}

	private void churn() {
		while (!this.stopped) {
			List<Churned> batch = new ArrayList<>();
			for (int i = 0; i < BATCH; i++) {
				MeterKind kind = MeterKind.values()[i % MeterKind.values().length];
				Meter meter = kind.register(this.registry, kind.meterName("soak.churn"),
						Tags.of("batch", Integer.toString(i)));
				check(kind.count(meter) == 0);
				batch.add(new Churned(kind, meter));
			}
			for (int i = 0; i < RECORDS; i++) {
				for (Churned churned : batch) {
					churned.kind.record(churned.meter, i);
				}
			}
			for (Churned churned : batch) {
				check(churned.kind.count(churned.meter) == RECORDS);
				check(this.registry.remove(churned.meter) != null);
			}
			this.churned.addAndGet(BATCH);
			LockSupport.parkNanos(20_000_000);
		}
	}

	private void check(boolean right) {
		if (!right) {
			this.wrong.incrementAndGet();
		}
	}

	/**
	 * Tells what was done.
	 * @return operations on each steady meter, once stopped; meters churned so far; and
	 * how many of those had not counted exactly
	 */
	@ReadOperation
	public Map<String, Long> report() {
		return new TreeMap<>(
				Map.of("operations", this.operations.get(), "churned", this.churned.get(), "wrong", this.wrong.get()));
	}

	/**
	 * Stops for good, and waits until all has been recorded.
	 * @throws InterruptedException if interrupted meanwhile
	 */
	@WriteOperation
	public void stop() throws InterruptedException {
		this.stopped = true;
		for (Thread thread : this.threads) {
			thread.join();
		}
	}

	private record Churned(MeterKind kind, Meter meter) {
	}

}
