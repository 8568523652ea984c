package io.github.rseq.sample;

/**
 * What a product may cost some days from now.
 *
 * @param product the product
 * @param days days from now
 * @param paths how many courses of the price were simulated
 * @param low a tenth of the courses end at or below it
 * @param median half of the courses end at or below it
 * @param high nine tenths of the courses end at or below it
 */
record Quote(Product product, int days, int paths, double low, double median, double high) {
}
