package io.github.rseq.autoconfigure;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.beans.factory.aot.AotServices;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RseqRuntimeHints}.
 */
class RseqRuntimeHintsTests {

	@ParameterizedTest
	@ValueSource(strings = { "linux-x86_64", "linux-aarch64" })
	void keepsTheNativeLibrary(String platform) {
		RuntimeHints hints = new RuntimeHints();
		new RseqRuntimeHints().registerHints(hints, getClass().getClassLoader());
		assertThat(RuntimeHintsPredicates.resource()
			.forResource("io/github/rseq/native/" + platform + "/libpercpu_rseq.so")).accepts(hints);
	}

	@Test
	void isFoundByAheadOfTimeProcessing() {
		assertThat(AotServices.factories().load(RuntimeHintsRegistrar.class))
			.hasAtLeastOneElementOfType(RseqRuntimeHints.class);
	}

}
