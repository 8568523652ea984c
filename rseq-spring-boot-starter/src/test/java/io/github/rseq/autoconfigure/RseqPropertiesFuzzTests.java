package io.github.rseq.autoconfigure;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.rseq.Fuzz;
import org.junit.jupiter.api.Test;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whatever keys and values there are under {@code rseq}: they bind, or the start fails
 * with a failure that Boot or we can analyze.
 */
class RseqPropertiesFuzzTests {

	private static final List<String> KEYS = List.of("rseq", "rseq.enabled", "rseq.required", "rseq.binding",
			"rseq.registration", "rseq.sharding", "rseq.native-library.path", "rseq.native-library.directory",
			"rseq.native-library", "rseq.nativeLibrary.path", "rseq.binding[0]", "rseq.enabled.x");

	private static final List<String> VALUES = List.of("true", "false", "auto", "foreign", "jni", "jna", "none", "libc",
			"self", "off", "cpu", "mm-cid", "/tmp/rseq", "");

	private final RseqUnboundPropertyFailureAnalyzer unbound = new RseqUnboundPropertyFailureAnalyzer();

	private final RseqScalarPropertyFailureAnalyzer scalar = new RseqScalarPropertyFailureAnalyzer();

	@Test
	void bindsOrFailsInAWayThatCanBeAnalyzed() {
		Fuzz.run(3000, (fuzz) -> {
			Map<String, Object> properties = new LinkedHashMap<>();
			for (int i = 1 + fuzz.below(4); i > 0; i--) {
				properties.put(fuzz.text(KEYS), fuzz.text(VALUES));
			}
			StandardEnvironment environment = new StandardEnvironment();
			environment.getPropertySources().addFirst(new MapPropertySource("fuzz", properties));
			ConfigurationPropertySources.attach(environment);
			try {
				RseqScalarPropertyException.throwIfSet(environment);
				// As Boot's own binder of such classes does
				RseqProperties bound = Binder
					.get(environment,
							new NoUnboundElementsBindHandler(BindHandler.DEFAULT, new UnboundElementsSourceFilter()))
					.bindOrCreate("rseq", Bindable.of(RseqProperties.class));
				assertThat(bound.toOptions()).isNotNull();
			}
			catch (RseqScalarPropertyException ex) {
				FailureAnalysis analysis = this.scalar.analyze(ex);
				assertThat(analysis).isNotNull();
				assertThat(analysis.getAction()).contains("rseq.enabled=false");
			}
			catch (BindException ex) {
				FailureAnalysis analysis = this.unbound.analyze(ex);
				if (analysis != null && analysis.getDescription().contains("There is no property")) {
					assertThat(analysis.getAction()).contains("rseq.enabled", "rseq.sharding");
				}
				else if (analysis != null) {
					assertThat(analysis.getDescription()).contains("has no value");
					assertThat(analysis.getAction()).isEqualTo("Give it a value, or remove it.");
				}
			}
			catch (InvalidConfigurationPropertyValueException ex) {
				assertThat(ex.getName()).startsWith("rseq.native-library.");
			}
		});
	}

}
