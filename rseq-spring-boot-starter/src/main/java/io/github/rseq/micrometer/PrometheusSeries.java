package io.github.rseq.micrometer;

/**
 * What one meter exports to Prometheus.
 */
@FunctionalInterface
interface PrometheusSeries {

	/**
	 * Add the meter's data points of now.
	 * @param name the meter's name in Prometheus
	 * @param families where to add them
	 */
	void collect(String name, PrometheusFamilies families);

}
