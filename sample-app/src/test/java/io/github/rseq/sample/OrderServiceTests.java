package io.github.rseq.sample;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link OrderService}.
 */
class OrderServiceTests {

	private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

	private final OrderService service = new OrderService(new OrderStore(), this.registry);

	@Test
	void placesAnOrder() {
		Order order = this.service.place(new OrderRequest("Coffee", 3));
		assertThat(order).isEqualTo(new Order(1, Product.COFFEE, 3, 37.50));
		assertThat(this.service.find(1)).isEqualTo(order);
		assertThat(placed("accepted")).isEqualTo(1);
		assertThat(this.registry.get("orders.items").counter().count()).isEqualTo(3);
		assertThat(this.registry.get("orders.revenue").counter().count()).isEqualTo(37.50);
		assertThat(this.registry.get("orders.placing").timer().count()).isEqualTo(1);
	}

	@Test
	void rejectsAnUnknownProduct() {
		assertThatExceptionOfType(RequestRejectedException.class)
			.isThrownBy(() -> this.service.place(new OrderRequest("beer", 1)))
			.satisfies((ex) -> assertThat(ex.getBody().getDetail()).contains("'beer'"));
		assertThat(placed("unknown_product")).isEqualTo(1);
		assertThat(placed("accepted")).isZero();
	}

	@Test
	void rejectsAMissingProduct() {
		assertThatExceptionOfType(RequestRejectedException.class)
			.isThrownBy(() -> this.service.place(new OrderRequest(null, 1)));
	}

	@Test
	void rejectsAQuantityOutOfBounds() {
		for (int quantity : new int[] { -1, 0, OrderService.MAX_QUANTITY + 1 }) {
			assertThatExceptionOfType(RequestRejectedException.class)
				.isThrownBy(() -> this.service.place(new OrderRequest("tea", quantity)));
		}
		assertThat(placed("invalid_quantity")).isEqualTo(3);
	}

	private double placed(String outcome) {
		return this.registry.get("orders.placed").tag("outcome", outcome).counter().count();
	}

}
