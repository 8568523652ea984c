package io.github.rseq.micrometer;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.LongStream;
import java.util.stream.Stream;

import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link BucketBounds}.
 */
class BucketBoundsTests {

	static Stream<List<Double>> bounds() {
		Random random = new Random(1);
		TreeSet<Double> many = new TreeSet<>();
		for (int i = 0; i < 5000; i++) {
			many.add(Math.scalb(1 + random.nextDouble(), random.nextInt(70) - 4));
		}
		TreeSet<Double> near = new TreeSet<>();
		for (int i = 0; i < 3000; i++) {
			near.add(1_000_000.0 + i);
		}
		return Stream.of(List.of(), List.of(1.0), List.of(0.25), List.of(0.25, 0.5, 1.0, 1.5, 2.0, 2.5),
				List.of(1e6, 2e8, 3e9, 64e9), List.of(1e6, Double.POSITIVE_INFINITY), List.of(Double.POSITIVE_INFINITY),
				List.of(Double.MIN_VALUE, Double.MAX_VALUE), List.of(0x1p63), List.of(0x1p62, 0x1p63, 0x1p64),
				List.of(1.0, 2.0, Double.NaN), List.of(1e3, 2e3, 3e6, 4e6, Double.POSITIVE_INFINITY, Double.NaN),
				List.of(Math.nextUp(0x1p53), Math.nextUp(0x1p60), Math.nextDown(0x1p63)),
				List.of(0x1p53, 0x1p54 + 4, Math.nextUp(0x1p60), Math.nextUp(Math.nextUp(0x1p61)),
						Math.nextDown(0x1p63)),
				List.copyOf(percentileHistogram(1, Long.MAX_VALUE)), List.copyOf(percentileHistogram(1e6, 30e9)),
				List.copyOf(many), List.copyOf(near));
	}

	private static TreeSet<Double> percentileHistogram(double minimum, double maximum) {
		return new TreeSet<>(DistributionStatisticConfig.builder()
			.percentilesHistogram(true)
			.minimumExpectedValue(minimum)
			.maximumExpectedValue(maximum)
			.build()
			.getHistogramBuckets(true));
	}

	@ParameterizedTest
	@MethodSource("bounds")
	void findsTheLowestBoundThatIsNotBelow(List<Double> bounds) {
		BucketBounds found = new BucketBounds(bounds);
		values(bounds).forEach((value) -> {
			int expected = 0;
			while (expected < bounds.size() && bounds.get(expected) < value) {
				expected++;
			}
			assertThat(found.indexOf(value)).as("%d", value).isEqualTo(expected);
		});
	}

	private static LongStream values(List<Double> bounds) {
		List<Long> values = new ArrayList<>(List.of(0L, 1L, 2L, 3L, Long.MAX_VALUE, Long.MAX_VALUE - 1, -1L,
				Long.MIN_VALUE, (1L << 53) + 1, (1L << 62) + 1, (1L << 62) - 1));
		for (double bound : bounds.subList(0, Math.min(bounds.size(), 400))) {
			long half = (long) (Math.ulp(bound) / 2);
			for (int i = -2; i <= 2; i++) {
				values.add((long) bound + i);
				values.add((long) bound + half + i);
				values.add((long) bound - half + i);
			}
		}
		Random random = new Random(2);
		for (int i = 0; i < 2000; i++) {
			values.add(random.nextLong() >>> random.nextInt(63));
		}
		return values.stream().mapToLong(Long::longValue);
	}

	@Test
	void percentileHistogramsNeedNoSearch() {
		// The limits are Micrometer's defaults, for a timer and for a summary.
		TreeSet<Double> timer = percentileHistogram(1e6, 30e9);
		assertThat(new BucketBounds(timer).isSparse()).isTrue();
		assertThat(new BucketBounds(percentileHistogram(1, Double.POSITIVE_INFINITY)).isSparse()).isTrue();
		timer.addAll(List.of(5e6, 1e7, 5e7, 1e8, 25e7, 5e8, 1e9));
		assertThat(new BucketBounds(timer).isSparse()).isTrue();
		timer.addAll(List.of(5e6 + 1, 5e6 + 2));
		assertThat(new BucketBounds(timer).isSparse()).isFalse();
	}

	@Test
	void aValueIsComparedAsADouble() {
		// The long is above the bound, the double is not.
		assertThat(new BucketBounds(List.of(0x1p60)).indexOf((1L << 60) + 1)).isZero();
	}

	@Test
	void metersWithTheSameBoundsShareThem() {
		BucketBounds.Shared shared = new BucketBounds.Shared();
		BucketBounds bounds = shared.of(new TreeSet<>(List.of(1e6, 2e6)));
		assertThat(shared.of(List.of(1e6, 2e6))).isSameAs(bounds);
		assertThat(shared.of(List.of(1e6, 3e6))).isNotSameAs(bounds);
		assertThat(bounds.toArray()).containsExactly(1e6, 2e6);
	}

}
