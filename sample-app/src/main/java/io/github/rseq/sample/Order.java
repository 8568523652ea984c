package io.github.rseq.sample;

/**
 * A placed order.
 *
 * @param id its number, from 1
 * @param product what was ordered
 * @param quantity how many
 * @param total what it costs
 */
record Order(long id, Product product, int quantity, double total) {
}
