package io.github.rseq.sample;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link OrderStore}.
 */
class OrderStoreTests {

	private final OrderStore store = new OrderStore();

	@Test
	void forgetsTheOldestOrderWhenFull() {
		for (int i = 0; i < OrderStore.CAPACITY + 1; i++) {
			this.store.add(Product.TEA, 1, 8.25);
		}
		assertThat(this.store.find(1)).isNull();
		assertThat(this.store.find(2)).isNotNull();
		assertThat(this.store.find(OrderStore.CAPACITY + 1)).isNotNull();
		assertThat(this.store.size()).isEqualTo(OrderStore.CAPACITY);
	}

	@Test
	void findsNothingUnderANumberThatWasNotGiven() {
		assertThat(this.store.find(0)).isNull();
		assertThat(this.store.find(1)).isNull();
		assertThat(this.store.find(Long.MIN_VALUE)).isNull();
		assertThat(this.store.find(Long.MAX_VALUE)).isNull();
	}

}
