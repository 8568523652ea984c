package io.github.rseq;

import java.util.Properties;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

class TwoClassLoadersTests {

	@AfterAll
	static void restoreDefaults() {
		Rseq.configure(RseqOptions.DEFAULTS);
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void bothCountAndTheLibraryIsMappedOnce(Binding binding) throws Exception {
		RseqAssumptions.use(binding);
		Properties result = new ChildJvm(TwoClassLoadersMain.class).arguments(binding).run();
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("exit", "0")
			.containsEntry("classes", "true")
			.containsEntry("state.1", "ACTIVE")
			.containsEntry("state.2", "ACTIVE")
			.containsEntry("binding.1", binding.name())
			.containsEntry("binding.2", binding.name())
			.containsEntry("sum.1", "200000")
			.containsEntry("sum.2", "200000")
			.containsEntry("native.2", "true")
			.containsEntry("mapped", "1")
			.containsEntry("fallback.2", "0")
			.containsEntry("ended", "true")
			.containsEntry("sum.3", "300001");
	}

}
