package io.github.rseq.actuate;

import org.springframework.boot.WebApplicationType;

/**
 * Tests for {@link RseqEndpoint} in a Spring MVC application.
 */
class RseqEndpointMvcTests extends AbstractRseqEndpointWebTests {

	@Override
	WebApplicationType webApplicationType() {
		return WebApplicationType.SERVLET;
	}

}
