package io.github.rseq.sample;

import org.jspecify.annotations.Nullable;

/**
 * What a customer sends.
 *
 * @param product a product's name
 * @param quantity how many, from 1 to {@value OrderService#MAX_QUANTITY}
 */
record OrderRequest(@Nullable String product, int quantity) {
}
