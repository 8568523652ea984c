package io.github.rseq.sample;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

import org.jspecify.annotations.Nullable;

import org.springframework.stereotype.Component;

/**
 * Keeps the latest {@value #CAPACITY} orders in memory; a new one takes the place of the
 * oldest. Thread-safe.
 */
@Component
class OrderStore {

	static final int CAPACITY = 10_000;

	private final AtomicLong lastId = new AtomicLong();

	private final AtomicReferenceArray<@Nullable Order> orders = new AtomicReferenceArray<>(CAPACITY);

	Order add(Product product, int quantity, double total) {
		Order order = new Order(this.lastId.incrementAndGet(), product, quantity, total);
		this.orders.accumulateAndGet(index(order.id()), order, OrderStore::newer);
		return order;
	}

	@Nullable Order find(long id) {
		Order order = this.orders.get(index(id));
		return (order != null && order.id() == id) ? order : null;
	}

	long size() {
		return Math.min(this.lastId.get(), CAPACITY);
	}

	// A thread that was held up for a whole round must not put back an older order
	private static @Nullable Order newer(@Nullable Order present, @Nullable Order added) {
		if (present == null || added == null) {
			return added;
		}
		return (present.id() > added.id()) ? present : added;
	}

	private static int index(long id) {
		return (int) Math.floorMod(id, (long) CAPACITY);
	}

}
