package io.github.rseq.sample;

import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

import org.springframework.stereotype.Service;

/**
 * Simulates what a product may cost later: a random walk of the logarithm of its price,
 * day by day. The work is bounded by {@value #MAX_PATHS} courses of {@value #MAX_DAYS}
 * days, some tens of milliseconds on one CPU. A counter is incremented in its loop, which
 * nobody would think twice about where an increment costs a few nanoseconds.
 */
@Service
class PriceSimulation {

	static final int MAX_DAYS = 365;

	static final int MAX_PATHS = 10_000;

	private static final double DAILY_VOLATILITY = 0.02;

	private final Counter paths;

	private final Timer quoting;

	PriceSimulation(MeterRegistry registry) {
		this.paths = Counter.builder("quotes.paths").description("Simulated courses of a price").register(registry);
		this.quoting = Timer.builder("quotes.quoting").description("Time to simulate a quote").register(registry);
	}

	/**
	 * Simulate a quote.
	 * @param product the product
	 * @param days days from now, from 1 to {@value #MAX_DAYS}
	 * @param paths how many courses to simulate, from 1 to {@value #MAX_PATHS}
	 * @return the quote
	 * @throws RequestRejectedException if a bound is exceeded
	 */
	Quote quote(Product product, int days, int paths) {
		if (days < 1 || days > MAX_DAYS) {
			throw new RequestRejectedException("'days' must be from 1 to " + MAX_DAYS);
		}
		if (paths < 1 || paths > MAX_PATHS) {
			throw new RequestRejectedException("'paths' must be from 1 to " + MAX_PATHS);
		}
		Timer.Sample sample = Timer.start();
		double[] prices = new double[paths];
		for (int i = 0; i < paths; i++) {
			prices[i] = product.price() * Math.exp(walk(days, ThreadLocalRandom.current()));
			this.paths.increment();
		}
		Arrays.sort(prices);
		sample.stop(this.quoting);
		return new Quote(product, days, paths, quantile(prices, 0.1), quantile(prices, 0.5), quantile(prices, 0.9));
	}

	private static double walk(int days, RandomGenerator random) {
		double sum = 0;
		for (int day = 0; day < days; day++) {
			sum += random.nextGaussian() * DAILY_VOLATILITY;
		}
		return sum;
	}

	private static double quantile(double[] sorted, double quantile) {
		double price = sorted[(int) Math.ceil(quantile * sorted.length) - 1];
		return Math.round(price * 100) / 100.0;
	}

}
