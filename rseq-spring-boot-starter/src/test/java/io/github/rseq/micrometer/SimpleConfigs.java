package io.github.rseq.micrometer;

import io.micrometer.core.instrument.simple.CountingMode;
import io.micrometer.core.instrument.simple.SimpleConfig;
import org.jspecify.annotations.Nullable;

/**
 * A configuration that differs from the default in its counting mode only.
 */
record SimpleConfigs(CountingMode mode) implements SimpleConfig {

	static SimpleConfig of(CountingMode mode) {
		return new SimpleConfigs(mode);
	}

	@Override
	public @Nullable String get(String key) {
		return null;
	}

}
