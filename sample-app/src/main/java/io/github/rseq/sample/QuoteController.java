package io.github.rseq.sample;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * Quotes over HTTP.
 */
@RestController
class QuoteController {

	private final PriceSimulation simulation;

	QuoteController(PriceSimulation simulation) {
		this.simulation = simulation;
	}

	@GetMapping("/quote")
	Quote quote(@RequestParam String product, @RequestParam(defaultValue = "30") int days,
			@RequestParam(defaultValue = "1000") int paths) {
		Product found = Product.of(product);
		if (found == null) {
			throw new RequestRejectedException("The shop does not sell '%s'".formatted(product));
		}
		return this.simulation.quote(found, days, paths);
	}

}
