package io.github.rseq.sample;

import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * What the shop sells. Prices are multiples of a quarter, so that their sums are exact in
 * binary floating point.
 */
enum Product {

	COFFEE(12.50), TEA(8.25), CHOCOLATE(3.75), HONEY(6.00);

	private final double price;

	Product(double price) {
		this.price = price;
	}

	double price() {
		return this.price;
	}

	/**
	 * Find a product by the name a customer gives.
	 * @param name the name in any case, or {@code null}
	 * @return the product, or {@code null} where the shop has none of that name
	 */
	static @Nullable Product of(@Nullable String name) {
		if (name == null) {
			return null;
		}
		String upperCase = name.toUpperCase(Locale.ROOT);
		for (Product product : values()) {
			if (product.name().equals(upperCase)) {
				return product;
			}
		}
		return null;
	}

}
