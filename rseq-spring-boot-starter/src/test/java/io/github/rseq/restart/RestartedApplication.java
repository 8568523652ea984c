package io.github.rseq.restart;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import io.github.rseq.actuate.RseqEndpoint;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.devtools.restart.Restarter;
import org.springframework.context.ApplicationListener;

/**
 * Counts, and has itself restarted. What it has to remember lies where no restart changes
 * anything: in the system properties, in classes of the JDK.
 */
@SpringBootConfiguration
@EnableAutoConfiguration
public class RestartedApplication implements ApplicationListener<ApplicationReadyEvent> {

	private static final String LOADERS = RestartedApplication.class.getName();

	private static final int COUNT = 10_000;

	public static void main(String[] args) {
		SpringApplication.run(RestartedApplication.class, args);
	}

	@Override
	public void onApplicationEvent(ApplicationReadyEvent event) {
		List<WeakReference<ClassLoader>> loaders = loaders();
		loaders.add(new WeakReference<>(getClass().getClassLoader()));
		int number = loaders.size() - 1;
		print("restarted." + number, getClass().getClassLoader() != ClassLoader.getSystemClassLoader());
		print("starter.restarted." + number, RseqEndpoint.class.getClassLoader() == getClass().getClassLoader());
		record(number, event.getApplicationContext().getBean(MeterRegistry.class));
		String endpoint = String.valueOf(event.getApplicationContext().getBean(RseqEndpoint.class).rseq());
		print("endpoint." + number, endpoint.contains("ACTIVE"));
		if (Boolean.getBoolean("restart.leak")) {
			Thread thread = new Thread(RestartedApplication::park, "left behind");
			thread.setDaemon(true);
			thread.start();
		}
		boolean again = number < Integer.getInteger("restarts");
		Thread thread = new Thread(again ? () -> Restarter.getInstance().restart() : RestartedApplication::end);
		thread.setContextClassLoader(ClassLoader.getSystemClassLoader());
		thread.start();
	}

	private static void park() {
		while (true) {
			LockSupport.park();
		}
	}

	@SuppressWarnings("unchecked")
	private static List<WeakReference<ClassLoader>> loaders() {
		return (List<WeakReference<ClassLoader>>) System.getProperties()
			.computeIfAbsent(LOADERS, (name) -> new ArrayList<>());
	}

	private static void record(int number, MeterRegistry registry) {
		Timer timer = registry.timer("restarted");
		for (int i = 0; i < COUNT; i++) {
			registry.counter("restarted.counter").increment();
			timer.record(1, TimeUnit.MILLISECONDS);
		}
		print("lost." + number, 2 * COUNT - timer.count() - (long) registry.counter("restarted.counter").count());
	}

	private static void end() {
		long deadline = System.nanoTime() + Long.getLong("restart.patience", 60) * 1_000_000_000L;
		while (alive() > 0 && System.nanoTime() < deadline) {
			System.gc();
			sleep();
		}
		print("alive", alive());
		print("tickers",
				Thread.getAllStackTraces()
					.keySet()
					.stream()
					.filter((it) -> it.getName().equals("rseq-epochs"))
					.count());
		Runtime.getRuntime().halt(0);
	}

	private static void sleep() {
		try {
			Thread.sleep(200);
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/*
	 * Of those between the first, which Spring Boot keeps in its BindConverter that all
	 * applications share, and the current one.
	 */
	private static long alive() {
		List<WeakReference<ClassLoader>> loaders = loaders();
		return loaders.subList(1, loaders.size() - 1).stream().filter((loader) -> loader.get() != null).count();
	}

	private static void print(String name, Object value) {
		System.out.println("> " + name + "=" + value);
	}

}
