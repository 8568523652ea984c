package io.github.rseq.autoconfigure;

import io.github.rseq.UnavailabilityReason;
import io.github.rseq.testsupport.RestoreRseq;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * Tests for {@link RseqUnavailableFailureAnalyzer}.
 */
@ExtendWith({ OutputCaptureExtension.class, RestoreRseq.class })
class RseqUnavailableFailureAnalyzerTests {

	@Test
	void failedStartTellsWhyAndWhatToDo(CapturedOutput output) {
		SpringApplication application = new SpringApplication(RequiringConfiguration.class);
		application.setWebApplicationType(WebApplicationType.NONE);
		assertThatException().isThrownBy(() -> application.run("--rseq.required=true", "--rseq.binding=none"));
		UnavailabilityReason reason = UnavailabilityReason.BINDING_NONE;
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("The property 'rseq.required' is true, but restartable sequences (rseq) can't be had here:")
			.contains(reason.sentence())
			.contains("Reason: BINDING_NONE")
			.contains(reason.hint())
			.contains("set 'rseq.required' to false");
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration(RseqAutoConfiguration.class)
	static class RequiringConfiguration {

	}

}
