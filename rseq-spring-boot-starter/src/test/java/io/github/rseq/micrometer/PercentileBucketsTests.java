package io.github.rseq.micrometer;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.core.instrument.distribution.TimeWindowPercentileHistogram;
import org.HdrHistogram.DoubleHistogram;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.rseq.PerCpuLongArray;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link PercentileBuckets}, beside the histogram that it stands in for.
 */
class PercentileBucketsTests {

	private static final double[] PERCENTILES = { 0, 0.01, 0.5, 0.75, 0.9, 0.99, 0.999, 1 };

	private static final double[] OBJECTIVES = { 1e-3, 0.7, 1, 10, 1000, 1e6, 5e6, 1e9 };

	@BeforeEach
	void apply() {
		RseqMode.ACTIVE.apply();
	}

	@AfterEach
	void reset() {
		RseqMode.reset();
	}

	/**
	 * What a run draws its values from.
	 */
	enum Values {

		NANOS(true) {
			@Override
			DoubleSupplier of(Random random) {
				return () -> Math.floor(Math.pow(10, 12 * random.nextDouble()));
			}
		},

		SMALL_NANOS {
			@Override
			DoubleSupplier of(Random random) {
				return () -> random.nextInt(40);
			}
		},

		LATENCIES {
			@Override
			DoubleSupplier of(Random random) {
				return () -> Math.rint(2e6 * Math.exp(random.nextGaussian()));
			}
		},

		DOUBLES(true) {
			@Override
			DoubleSupplier of(Random random) {
				return () -> Math.pow(10, 15 * random.nextDouble() - 6);
			}
		},

		NARROW {
			@Override
			DoubleSupplier of(Random random) {
				double origin = Math.pow(10, 15 * random.nextDouble() - 6);
				return () -> origin * (1 + 0.003 * random.nextDouble());
			}
		},

		ONE {
			@Override
			DoubleSupplier of(Random random) {
				double value = Math.pow(10, 15 * random.nextDouble() - 6);
				return () -> value;
			}
		},

		ZEROS {
			@Override
			DoubleSupplier of(Random random) {
				return () -> (random.nextInt(3) < 2) ? 0.0 : -0.0;
			}
		},

		WITH_ZEROS {
			@Override
			DoubleSupplier of(Random random) {
				return () -> random.nextBoolean() ? 0 : 1000 * random.nextDouble();
			}
		},

		POWERS_OF_TWO(true) {
			@Override
			DoubleSupplier of(Random random) {
				return () -> {
					double power = Math.scalb(1.0, random.nextInt(40) - 5);
					return switch (random.nextInt(3)) {
						case 0 -> power;
						case 1 -> Math.nextDown(power);
						default -> Math.nextUp(power);
					};
				};
			}
		};

		/**
		 * Whether Micrometer's histogram may lose some: a range of more than some 26
		 * octaves may fail to be extended, depending on what came before.
		 */
		final boolean wide;

		Values() {
			this(false);
		}

		Values(boolean wide) {
			this.wide = wide;
		}

		abstract DoubleSupplier of(Random random);

	}

	static Stream<Arguments> runs() {
		return IntStream.rangeClosed(0, PercentileBuckets.MAX_PRECISION)
			.boxed()
			.flatMap((precision) -> Arrays.stream(Values.values()).map((values) -> Arguments.of(precision, values)));
	}

	@ParameterizedTest
	@MethodSource("runs")
	void reportsWhatMicrometerReports(int precision, Values values) {
		for (int bufferLength = 1; bufferLength <= 5; bufferLength++) {
			long seed = new SplittableRandom().nextLong();
			Twin twin = new Twin(precision, bufferLength, "seed " + seed + ", buffer length " + bufferLength);
			twin.run(values, new Random(seed));
			if (!values.wide) {
				assertThat(twin.lossy).as(twin.description).isFalse();
			}
		}
	}

	@Test
	void takesBackWhatIsStoppedForLongerThanTheWindow() {
		PercentileBuckets buckets = new PercentileBuckets(2, 1, 0);
		PerCpuLongArray array = buckets.bucketsOf(buckets.key(5));
		int index = buckets.indexOf(buckets.key(5), 0);
		assertThat(buckets.snapshot(1).count()).isZero();
		array.add(index, 1);
		assertThat(buckets.snapshot(1).count()).isZero();
		assertThat(buckets.snapshot(2).count()).isEqualTo(1);
		assertThat(buckets.snapshot(3).count()).isZero();
	}

	@Test
	void countsAnOlderEpochAsTheCurrentOne() {
		PercentileBuckets buckets = new PercentileBuckets(2, 2, 0);
		record(buckets, 1, 10);
		record(buckets, 2, 9);
		assertThat(buckets.snapshot(9).count()).isEqualTo(2);
		assertThat(buckets.snapshot(11).count()).isEqualTo(2);
		assertThat(buckets.snapshot(12).count()).isZero();
	}

	@Test
	void epochsMayWrapAround() {
		PercentileBuckets buckets = new PercentileBuckets(2, 2, Integer.MAX_VALUE);
		record(buckets, 1, Integer.MAX_VALUE);
		record(buckets, 2, Integer.MIN_VALUE);
		assertThat(buckets.snapshot(Integer.MIN_VALUE).count()).isEqualTo(2);
		assertThat(buckets.snapshot(Integer.MIN_VALUE + 1).count()).isEqualTo(1);
		assertThat(buckets.snapshot(Integer.MIN_VALUE + 2).count()).isZero();
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 2, 3 })
	void countsWhatIsTooFarApartForHdrHistogram(int precision) {
		PercentileBuckets buckets = new PercentileBuckets(precision, 1, 0);
		record(buckets, 1e-300, 0);
		record(buckets, 1e300, 0);
		PercentileSnapshot snapshot = buckets.snapshot(0);
		assertThat(snapshot.count()).isEqualTo(2);
		assertThat(snapshot.valueAt(0.5)).isBetween(1e-300 / 2, 2e-300);
		assertThat(snapshot.valueAt(1)).isBetween(1e300, 2e300);
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 2, 3 })
	void losesWhatHdrHistogramNeverTakes(int precision) {
		Twin twin = new Twin(precision, 1, "huge values");
		for (double value : new double[] { 1e6, Double.POSITIVE_INFINITY, Double.MAX_VALUE, 0x1.8p1022, 3 }) {
			twin.record(value);
		}
		twin.assertSame();
		assertThat(twin.buckets.snapshot(0).count()).isEqualTo(2);
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 2, 3 })
	void takesSubnormalValuesForZero(int precision) {
		PercentileBuckets buckets = new PercentileBuckets(precision, 1, 0);
		record(buckets, 0, 0);
		record(buckets, Double.MIN_VALUE, 0);
		record(buckets, Math.nextDown(Double.MIN_NORMAL), 0);
		PercentileSnapshot snapshot = buckets.snapshot(0);
		assertThat(snapshot.count()).isEqualTo(3);
		assertThat(snapshot.valueAt(1)).isZero();
		record(buckets, Double.MIN_NORMAL, 0);
		assertThat(buckets.snapshot(0).valueAt(1)).isEqualTo(Double.MIN_NORMAL);
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 2, 3 })
	void memoryIsBounded(int precision) {
		PercentileBuckets buckets = new PercentileBuckets(precision, 3, 0);
		for (int exponent = 0; exponent < 64; exponent++) {
			record(buckets, Math.scalb(1.0, exponent), 0);
		}
		record(buckets, 0, 0);
		assertThat(buckets.snapshot(0).count()).isEqualTo(65);
		assertThat(buckets.pages()).isEqualTo((precision == 0) ? 10 : 65);
		for (int exponent = -1022; exponent < 1024; exponent++) {
			record(buckets, Math.scalb(1.0, exponent), 1);
		}
		assertThat(buckets.pages()).isEqualTo(PercentileBuckets.MAX_PAGES);
		// What had its page before still counts.
		record(buckets, 5, 9);
		assertThat(buckets.snapshot(9).count()).isEqualTo(1);
	}

	/**
	 * The figures that {@code docs/adr/0010-percentiles.md} gives.
	 */
	@ParameterizedTest
	@CsvSource({ "0, 3, 256", "1, 3, 512", "2, 3, 4096", "3, 3, 32768", "1, 1, 256", "3, 1, 16384" })
	void aPageHasTheBytesThatAreDocumented(int precision, int bufferLength, int bytes) {
		assertThat(new PercentileBuckets(precision, bufferLength, 0).pageBytes()).isEqualTo(bytes);
	}

	@ParameterizedTest
	@CsvSource({ "1, 3, 128, true", "2, 3, 128, true", "3, 3, 32, true", "3, 3, 33, false", "3, 7, 2, true",
			"3, 8, 2, false", "4, 3, 1, false", "5, 3, 1, false", "-1, 3, 1, false", "1, 511, 2, true",
			"1, 512, 2, false", "1, 2147483647, 2, false" })
	void tellsWhatItCantCount(int precision, int bufferLength, int cpus, boolean supported) {
		String unsupported = PercentileBuckets.unsupported(precision, bufferLength, cpus);
		if (supported) {
			assertThat(unsupported).isNull();
		}
		else {
			assertThat(unsupported).matches(".*precision (of )?" + precision + ".*(from 0 to 3|per octave).*");
		}
	}

	@Test
	void refusesWhatItCantCount() {
		assertThatIllegalArgumentException().isThrownBy(() -> new PercentileBuckets(4, 3, 0))
			.withMessageContaining("precision of 4");
		assertThatIllegalArgumentException().isThrownBy(() -> new PercentileBuckets(1, 0, 0))
			.withMessage("'window' must be at least 1");
	}

	private static void record(PercentileBuckets buckets, double value, int epoch) {
		int key = buckets.key(value);
		buckets.bucketsOf(key).add(buckets.indexOf(key, epoch), 1);
	}

	/**
	 * The same values, in the same epochs, in both.
	 */
	private static final class Twin {

		private static final int PERIOD = 100;

		private final MockClock clock = new MockClock();

		private final long start = this.clock.wallTime();

		private final String description;

		private final TimeWindowPercentileHistogram stock;

		final PercentileBuckets buckets;

		private final NavigableMap<Integer, List<Double>> values = new TreeMap<>();

		private final int precision;

		private final int bufferLength;

		private final StringBuilder log = new StringBuilder();

		/**
		 * Whether Micrometer's histogram has lost a value.
		 */
		boolean lossy;

		Twin(int precision, int bufferLength, String description) {
			this.description = description;
			this.precision = precision;
			this.bufferLength = bufferLength;
			DistributionStatisticConfig config = DistributionStatisticConfig.builder()
				.percentiles(PERCENTILES)
				.percentilePrecision(precision)
				.serviceLevelObjectives(OBJECTIVES)
				.bufferLength(bufferLength)
				.expiry(Duration.ofMillis((long) PERIOD * bufferLength))
				.build()
				.merge(DistributionStatisticConfig.DEFAULT);
			this.stock = new TimeWindowPercentileHistogram(this.clock, config, false);
			this.buckets = new PercentileBuckets(precision, bufferLength, epoch());
		}

		private int epoch() {
			return (int) ((this.clock.wallTime() - this.start) / PERIOD);
		}

		void run(Values values, Random random) {
			DoubleSupplier supplier = values.of(random);
			assertSame();
			for (int i = 0; i < 30; i++) {
				int records = random.nextInt(30);
				for (int j = 0; j < records; j++) {
					record(supplier.getAsDouble());
				}
				if (random.nextBoolean()) {
					assertSame();
				}
				switch (random.nextInt(10)) {
					case 0 -> jump(random.nextInt(20 * PERIOD));
					case 1, 2, 3 -> jump(PERIOD);
					case 4, 5, 6 -> jump(random.nextInt(2 * PERIOD));
					default -> {
					}
				}
			}
			assertSame();
		}

		void record(double value) {
			this.log.append(" ").append(value);
			this.stock.recordDouble(value);
			this.values.computeIfAbsent(epoch(), (epoch) -> new ArrayList<>()).add(value);
			PercentileBucketsTests.record(this.buckets, value, epoch());
		}

		private void jump(int millis) {
			this.log.append(" +").append(millis).append("ms");
			this.clock.add(Duration.ofMillis(millis));
			// Micrometer's histogram turns its ring no more than once around at each
			// call,
			// and loses values that come before it has caught up.
			for (int i = 0; i <= millis / PERIOD; i++) {
				this.stock.takeSnapshot(0, 0, 0);
			}
		}

		void assertSame() {
			HistogramSnapshot expected = this.stock.takeSnapshot(0, 0, 0);
			PercentileSnapshot actual = this.buckets.snapshot(epoch());
			String description = this.description + ": ..." + this.log.substring(Math.max(0, this.log.length() - 2000));
			DoubleHistogram reference = reference();
			assertThat(actual.count()).as(description).isEqualTo(reference.getTotalCount());
			for (double percentile : PERCENTILES) {
				assertThat(actual.valueAt(percentile)).as(description + ", at " + percentile)
					.isEqualTo(reference.getValueAtPercentile(100 * percentile));
			}
			String summary = print(expected::outputSummary);
			if (!summary.matches("(?s).*Total count *= *" + actual.count() + "]\n.*")) {
				this.lossy = true;
				return;
			}
			assertThat(actual.valuesAt(PERCENTILES)).as(description).isEqualTo(expected.percentileValues());
			for (CountAtBucket bucket : expected.histogramCounts()) {
				assertThat((double) actual.countAtBucket(bucket.bucket()))
					.as(description + ", up to " + bucket.bucket())
					.isEqualTo(bucket.count());
			}
			assertThat(print(actual::outputSummary)).as(description).isEqualTo(summary);
		}

		/*
		 * All values of the window, in a histogram that is as wide as can be from the
		 * start.
		 */
		private DoubleHistogram reference() {
			DoubleHistogram reference = new DoubleHistogram(1L << 50, this.precision);
			for (List<Double> values : this.values.tailMap(epoch() - this.bufferLength, false).values()) {
				for (double value : values) {
					if (value < 0x1p1022) {
						reference.recordValue(value);
					}
				}
			}
			return reference;
		}

		private static String print(Output output) {
			ByteArrayOutputStream bytes = new ByteArrayOutputStream();
			output.print(new PrintStream(bytes, true, StandardCharsets.UTF_8), 1000);
			// The last line tells how far the histogram has been resized in its life.
			return bytes.toString(StandardCharsets.UTF_8).replaceAll("#\\[Buckets.*", "");
		}

		private interface Output {

			void print(PrintStream out, double scaling);

		}

	}

}
