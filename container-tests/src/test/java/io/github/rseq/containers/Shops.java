package io.github.rseq.containers;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Opens shops for one test. Ends them afterwards whatever came of it, and prints their
 * logs if the test failed.
 */
final class Shops implements AfterEachCallback {

	private final List<ContainerShop> shops = new ArrayList<>();

	/**
	 * Start a shop and wait until it is open.
	 */
	ContainerShop open(JvmContainer jvm) throws InterruptedException {
		ContainerShop shop = ContainerShop.open(jvm);
		this.shops.add(shop);
		return shop;
	}

	@Override
	public void afterEach(ExtensionContext context) {
		for (ContainerShop shop : this.shops) {
			if (context.getExecutionException().isPresent()) {
				System.out.println(shop.log());
			}
			shop.close();
		}
	}

}
