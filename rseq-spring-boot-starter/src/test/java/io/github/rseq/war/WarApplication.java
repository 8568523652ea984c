package io.github.rseq.war;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.servlet.support.SpringBootServletInitializer;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Started by the server, which it is deployed to.
 */
@SpringBootConfiguration
@EnableAutoConfiguration
public class WarApplication extends SpringBootServletInitializer {

	@Override
	protected SpringApplicationBuilder configure(SpringApplicationBuilder builder) {
		return builder.sources(WarApplication.class);
	}

	@RestController
	static class Records {

		private static final int COUNT = 10_000;

		private static final ThreadLocal<Records> LEFT = new ThreadLocal<>();

		private final MeterRegistry registry;

		Records(MeterRegistry registry) {
			this.registry = registry;
		}

		/**
		 * Records.
		 * @return how many records were lost
		 */
		@GetMapping("/record")
		long record() {
			Timer timer = this.registry.timer("war");
			for (int i = 0; i < COUNT; i++) {
				timer.record(1, TimeUnit.MILLISECONDS);
			}
			return COUNT - timer.count();
		}

		@GetMapping("/leak")
		String leak() {
			Thread thread = new Thread(() -> {
				while (true) {
					LockSupport.park();
				}
			}, "left behind");
			thread.setDaemon(true);
			thread.start();
			LEFT.set(this);
			return "leaks";
		}

	}

}
