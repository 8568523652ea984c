package io.github.rseq.sample;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import org.jspecify.annotations.Nullable;

import org.springframework.stereotype.Service;

/**
 * Places orders and counts them. The meters are plain Micrometer: which cells they write
 * to is the registry's business.
 */
@Service
class OrderService {

	static final int MAX_QUANTITY = 100;

	private final OrderStore store;

	private final Counter accepted;

	private final Counter unknownProduct;

	private final Counter invalidQuantity;

	private final Counter items;

	private final Counter revenue;

	private final DistributionSummary total;

	private final Timer placing;

	OrderService(OrderStore store, MeterRegistry registry) {
		this.store = store;
		this.accepted = placed(registry, "accepted");
		this.unknownProduct = placed(registry, "unknown_product");
		this.invalidQuantity = placed(registry, "invalid_quantity");
		this.items = Counter.builder("orders.items").description("Items in accepted orders").register(registry);
		this.revenue = Counter.builder("orders.revenue")
			.description("What accepted orders cost")
			.baseUnit("euros")
			.register(registry);
		this.total = DistributionSummary.builder("orders.total")
			.description("What one accepted order costs")
			.baseUnit("euros")
			.register(registry);
		this.placing = Timer.builder("orders.placing")
			.description("Time to place an order, rejected ones included")
			.register(registry);
		Gauge.builder("orders.stored", store, OrderStore::size)
			.description("Orders that can still be looked up")
			.register(registry);
	}

	private static Counter placed(MeterRegistry registry, String outcome) {
		return Counter.builder("orders.placed")
			.description("Orders by what became of them")
			.tag("outcome", outcome)
			.register(registry);
	}

	/**
	 * Place an order.
	 * @param request what the customer sent
	 * @return the order
	 * @throws RequestRejectedException if the shop doesn't sell that, or not that many
	 */
	Order place(OrderRequest request) {
		Timer.Sample sample = Timer.start();
		try {
			return doPlace(request);
		}
		finally {
			sample.stop(this.placing);
		}
	}

	private Order doPlace(OrderRequest request) {
		Product product = Product.of(request.product());
		if (product == null) {
			this.unknownProduct.increment();
			throw new RequestRejectedException("The shop does not sell '%s'".formatted(request.product()));
		}
		if (request.quantity() < 1 || request.quantity() > MAX_QUANTITY) {
			this.invalidQuantity.increment();
			throw new RequestRejectedException("The quantity must be from 1 to " + MAX_QUANTITY);
		}
		Order order = this.store.add(product, request.quantity(), product.price() * request.quantity());
		this.accepted.increment();
		this.items.increment(order.quantity());
		this.revenue.increment(order.total());
		this.total.record(order.total());
		return order;
	}

	@Nullable Order find(long id) {
		return this.store.find(id);
	}

}
