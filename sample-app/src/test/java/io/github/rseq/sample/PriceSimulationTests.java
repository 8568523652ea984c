package io.github.rseq.sample;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link PriceSimulation}.
 */
class PriceSimulationTests {

	private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

	private final PriceSimulation simulation = new PriceSimulation(this.registry);

	@Test
	void quotesWithinTheBoundsOfItsRandomWalk() {
		Quote quote = this.simulation.quote(Product.COFFEE, 10, 1000);
		assertThat(quote.low()).isPositive().isLessThan(quote.median());
		assertThat(quote.median()).isBetween(10.0, 15.0).isLessThan(quote.high());
		assertThat(this.registry.get("quotes.paths").counter().count()).isEqualTo(1000);
		assertThat(this.registry.get("quotes.quoting").timer().count()).isEqualTo(1);
	}

	@Test
	void quotesFromASinglePath() {
		Quote quote = this.simulation.quote(Product.TEA, 1, 1);
		assertThat(quote.low()).isEqualTo(quote.median()).isEqualTo(quote.high());
	}

	@ParameterizedTest
	@CsvSource({ "0, 10", "366, 10", "10, 0", "10, 10001", "-1, -1" })
	void rejectsWorkOutOfBounds(int days, int paths) {
		assertThatExceptionOfType(RequestRejectedException.class)
			.isThrownBy(() -> this.simulation.quote(Product.TEA, days, paths));
		assertThat(this.registry.get("quotes.paths").counter().count()).isZero();
	}

}
