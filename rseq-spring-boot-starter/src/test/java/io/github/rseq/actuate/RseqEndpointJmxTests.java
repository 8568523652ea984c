package io.github.rseq.actuate;

import java.lang.management.ManagementFactory;
import java.util.Map;

import javax.management.MBeanOperationInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;

import io.github.rseq.Rseq;
import io.github.rseq.testsupport.RestoreRseq;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.Banner;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RseqEndpoint} over JMX.
 */
@ExtendWith(RestoreRseq.class)
class RseqEndpointJmxTests {

	private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();

	@Test
	void readsAndSwitches() throws Exception {
		try (ConfigurableApplicationContext context = start("unrestricted")) {
			context.getBean(MeterRegistry.class).counter("orders").increment(3);
			ObjectName name = name();
			Map<?, ?> status = (Map<?, ?>) invoke(name, "rseq");
			assertThat(status.get("state")).isEqualTo(Rseq.status().state().name());
			Map<?, ?> meter = (Map<?, ?>) invoke(name, "meter", "orders");
			assertThat(meter.get("name")).isEqualTo("orders");
			invoke(name, "configureRseq", false);
			assertThat(Rseq.isEnabled()).isFalse();
		}
	}

	@Test
	void hasNoSwitchByDefault() throws Exception {
		try (ConfigurableApplicationContext context = start("read_only")) {
			assertThat(this.server.getMBeanInfo(name()).getOperations()).extracting(MBeanOperationInfo::getName)
				.containsExactlyInAnyOrder("rseq", "meter");
		}
	}

	private ConfigurableApplicationContext start(String access) {
		return new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
			.bannerMode(Banner.Mode.OFF)
			.run("--spring.jmx.enabled=true", "--management.endpoints.jmx.exposure.include=rseq",
					"--management.endpoint.rseq.access=" + access, "--management.jmx.metrics.export.enabled=false");
	}

	private static ObjectName name() throws Exception {
		return new ObjectName("org.springframework.boot:type=Endpoint,name=Rseq");
	}

	private Object invoke(ObjectName name, String operation, Object... arguments) throws Exception {
		MBeanOperationInfo info = null;
		for (MBeanOperationInfo candidate : this.server.getMBeanInfo(name).getOperations()) {
			if (candidate.getName().equals(operation)) {
				info = candidate;
			}
		}
		assertThat(info).as("operation " + operation).isNotNull();
		String[] signature = new String[info.getSignature().length];
		for (int i = 0; i < signature.length; i++) {
			signature[i] = info.getSignature()[i].getType();
		}
		return this.server.invoke(name, operation, arguments, signature);
	}

	@SpringBootConfiguration
	@EnableAutoConfiguration
	static class Application {

	}

}
