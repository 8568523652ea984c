package io.github.rseq.actuate;

import org.springframework.boot.WebApplicationType;

/**
 * Tests for {@link RseqEndpoint} in a Spring WebFlux application.
 */
class RseqEndpointWebFluxTests extends AbstractRseqEndpointWebTests {

	@Override
	WebApplicationType webApplicationType() {
		return WebApplicationType.REACTIVE;
	}

}
