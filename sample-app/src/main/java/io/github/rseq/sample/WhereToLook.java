package io.github.rseq.sample;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/**
 * Prints where to look once the shop is open.
 */
@Component
class WhereToLook implements ApplicationListener<ApplicationReadyEvent> {

	private static final Log logger = LogFactory.getLog(WhereToLook.class);

	@Override
	public void onApplicationEvent(ApplicationReadyEvent event) {
		Environment environment = event.getApplicationContext().getEnvironment();
		String port = environment.getProperty("local.server.port");
		if (port == null) {
			return;
		}
		String shop = "http://localhost:" + port;
		String actuator = "http://localhost:" + environment.getProperty("local.management.port", port) + "/actuator";
		logger
			.info("""
					The shop is open. Where to look:
					  the shop            %1$s/
					  state of rseq       %2$s/rseq
					  one timer by CPU    %2$s/rseq/orders.placing
					  scrape              %2$s/prometheus
					  place an order      curl -H 'Content-Type: application/json' -d '{"product":"coffee","quantity":2}' %1$s/orders
					  switch rseq off     curl -H 'Content-Type: application/json' -d '{"enabled":false}' %2$s/rseq
					  switch rseq on      curl -H 'Content-Type: application/json' -d '{"enabled":true}' %2$s/rseq"""
				.formatted(shop, actuator));
	}

}
