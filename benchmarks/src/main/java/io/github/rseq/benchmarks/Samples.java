package io.github.rseq.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * What run.sh has measured: JMH's JSON files, named
 * {@code <scenario>/<threads>/<round>.json}.
 * <p>
 * JMH gives the operations per nanosecond of all threads together. Turned over, and times
 * the number of CPUs that can have worked on it, min(threads, CPUs), that is nanoseconds
 * of one CPU for one operation: the same for any number of threads where nothing is
 * contended. Of the iterations of a fork the median is taken, since one that was
 * disturbed says nothing.
 *
 * @param all all of them
 */
record Samples(List<Sample> all) {

	/**
	 * Reads a directory.
	 * @param directory run.sh's
	 * @param cpus the number of CPUs it was run on
	 * @return what it holds
	 * @throws IOException if it can't be read
	 */
	static Samples read(Path directory, int cpus) throws IOException {
		ObjectMapper mapper = new ObjectMapper();
		List<Path> files;
		try (Stream<Path> stream = Files.walk(directory)) {
			files = stream.filter((file) -> file.toString().endsWith(".json")).sorted().toList();
		}
		List<Sample> samples = new ArrayList<>();
		for (Path file : files) {
			Path name = directory.relativize(file);
			int round = Integer.parseInt(name.getName(2).toString().replace(".json", ""));
			for (JsonNode result : mapper.readTree(Files.readString(file))) {
				samples.add(sample(result, name.getName(0).toString(), round, cpus));
			}
		}
		return new Samples(samples);
	}

	private static Sample sample(JsonNode result, String scenario, int round, int cpus) {
		int threads = result.get("threads").asInt();
		String benchmark = result.get("benchmark").asString();
		int method = benchmark.lastIndexOf('.');
		List<Double> iterations = new ArrayList<>();
		for (JsonNode fork : result.get("primaryMetric").get("rawData")) {
			fork.forEach((iteration) -> iterations.add(iteration.asDouble()));
		}
		double throughput = Figure.of(iterations.stream().mapToDouble(Double::doubleValue).toArray()).median();
		JsonNode allocated = result.get("secondaryMetrics").get("gc.alloc.rate.norm");
		return new Sample(scenario, threads, round, benchmark.substring(benchmark.lastIndexOf('.', method - 1) + 1),
				Math.min(threads, cpus) / throughput,
				(allocated != null) ? allocated.get("score").asDouble() : Double.NaN,
				result.get("jdkVersion").asString());
	}

	/**
	 * What a benchmark took.
	 * @param scenario where
	 * @param threads the number of threads
	 * @param benchmark class and method
	 * @return nanoseconds, empty where it was not measured
	 */
	Optional<Figure> nanos(String scenario, int threads, String benchmark) {
		return figure(rounds(scenario, threads, benchmark).values().stream().mapToDouble(Sample::nanos).toArray());
	}

	/**
	 * What a benchmark took.
	 * @param scenario where
	 * @param threads the numbers of threads
	 * @param benchmark class and method
	 * @return nanoseconds by the number of threads, where it was measured
	 */
	Map<Integer, Figure> nanos(String scenario, List<Integer> threads, String benchmark) {
		Map<Integer, Figure> figures = new TreeMap<>();
		for (int count : threads) {
			nanos(scenario, count, benchmark).ifPresent((figure) -> figures.put(count, figure));
		}
		return figures;
	}

	/**
	 * What a benchmark allocated.
	 * @param scenario where
	 * @param benchmark class and method
	 * @return bytes for an operation, empty where it was not measured
	 */
	Optional<Figure> bytes(String scenario, String benchmark) {
		return figure(this.all.stream()
			.filter((sample) -> sample.scenario().equals(scenario) && sample.benchmark().equals(benchmark))
			.mapToDouble(Sample::bytes)
			.filter((bytes) -> !Double.isNaN(bytes))
			.toArray());
	}

	/**
	 * How many times one benchmark takes what another takes, within each round.
	 * @param scenario where
	 * @param threads the number of threads
	 * @param one class and method
	 * @param other class and method
	 * @return the ratio, empty where there is no round with both
	 */
	Optional<Figure> ratio(String scenario, int threads, String one, String other) {
		Map<Integer, Sample> ones = rounds(scenario, threads, one);
		Map<Integer, Sample> others = rounds(scenario, threads, other);
		DoubleStream.Builder ratios = DoubleStream.builder();
		ones.forEach((round, sample) -> {
			Sample beside = others.get(round);
			if (beside != null) {
				ratios.add(sample.nanos() / beside.nanos());
			}
		});
		return figure(ratios.build().toArray());
	}

	/**
	 * The JDK of a scenario.
	 * @param scenario where
	 * @return its version, empty where nothing was measured
	 */
	Optional<String> jdk(String scenario) {
		return this.all.stream().filter((sample) -> sample.scenario().equals(scenario)).map(Sample::jdk).findFirst();
	}

	/**
	 * The number of rounds of a scenario.
	 * @param scenario where
	 * @param threads the number of threads
	 * @return the number
	 */
	long rounds(String scenario, int threads) {
		return this.all.stream()
			.filter((sample) -> sample.scenario().equals(scenario) && sample.threads() == threads)
			.mapToInt(Sample::round)
			.distinct()
			.count();
	}

	private Map<Integer, Sample> rounds(String scenario, int threads, String benchmark) {
		Map<Integer, Sample> rounds = new TreeMap<>();
		for (Sample sample : this.all) {
			if (sample.scenario().equals(scenario) && sample.threads() == threads
					&& sample.benchmark().equals(benchmark)) {
				rounds.put(sample.round(), sample);
			}
		}
		return rounds;
	}

	private static Optional<Figure> figure(double[] values) {
		return (values.length > 0) ? Optional.of(Figure.of(values)) : Optional.empty();
	}

}
