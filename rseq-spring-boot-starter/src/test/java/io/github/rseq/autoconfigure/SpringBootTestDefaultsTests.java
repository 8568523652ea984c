package io.github.rseq.autoconfigure;

import io.github.rseq.micrometer.RseqSimpleMeterRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what an application's own {@link SpringBootTest} gets: Boot switches all
 * exporters off but the simple one.
 */
@SpringBootTest(webEnvironment = WebEnvironment.NONE)
class SpringBootTestDefaultsTests {

	@Autowired
	private MeterRegistry registry;

	@Test
	void countsInTheSimpleRegistry() {
		assertThat(this.registry).isInstanceOf(RseqSimpleMeterRegistry.class);
		this.registry.counter("orders").increment(2);
		assertThat(this.registry.get("orders").counter().count()).isEqualTo(2);
	}

	@SpringBootConfiguration
	@EnableAutoConfiguration
	static class Application {

	}

}
