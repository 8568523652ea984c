package io.github.rseq;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Random input made from examples. Each run has a seed of its own, which a failure tells:
 * with {@code -Drseq.fuzz.seed=SEED -Drseq.fuzz.runs=1} that run comes first again.
 * {@code rseq.fuzz.runs} is how many runs a test makes, or a multiple of its default with
 * an {@code x} behind, as in {@code 100x}.
 */
public final class Fuzz {

	private static final List<String> ODD = List.of("", " ", "\n", "\0", ",", "-", "/", "..", "%", "\"", "{", "}", "[",
			"\\", "-1", "0", "2147483648", "99999999999999999999", "1e400", "NaN", "null", "true", "\u00e9",
			"\ud83d\ude00", "\ufffe", "\u202e", "${x:}", "#{1}", ":", ";", "=", "\t", "x".repeat(300));

	private final Random random;

	private Fuzz(long seed) {
		this.random = new Random(seed);
	}

	/**
	 * Runs a test over and over.
	 * @param runs how often, by default
	 * @param test the test, which takes its input from what it is given
	 */
	public static void run(int runs, Consumer<Fuzz> test) {
		Long given = Long.getLong("rseq.fuzz.seed");
		long first = (given != null) ? given : System.nanoTime();
		long last = first + runs(runs, System.getProperty("rseq.fuzz.runs"));
		System.out.println("Fuzzing " + (last - first) + " runs from -Drseq.fuzz.seed=" + first);
		for (long seed = first; seed != last; seed++) {
			try {
				test.accept(new Fuzz(seed));
			}
			catch (RuntimeException | Error ex) {
				throw new AssertionError("Run it again with -Drseq.fuzz.seed=" + seed + " -Drseq.fuzz.runs=1: " + ex,
						ex);
			}
		}
	}

	private static long runs(int runs, String given) {
		if (given == null) {
			return runs;
		}
		return given.endsWith("x") ? runs * Long.parseLong(given.substring(0, given.length() - 1))
				: Long.parseLong(given);
	}

	public int below(int bound) {
		return this.random.nextInt(bound);
	}

	public boolean oneIn(int n) {
		return this.random.nextInt(n) == 0;
	}

	public <T> T pick(List<T> values) {
		return values.get(this.random.nextInt(values.size()));
	}

	/**
	 * An example, as it is or with up to eight things wrong with it.
	 */
	public String text(List<String> examples) {
		StringBuilder text = new StringBuilder(pick(examples));
		for (int i = oneIn(5) ? 0 : 1 + below(8); i > 0; i--) {
			int from = below(text.length() + 1);
			int to = Math.min(text.length(), from + below(8));
			switch (below(5)) {
				case 0 -> text.delete(from, to);
				case 1 -> text.insert(from, pick(ODD));
				case 2 -> text.insert(from, text.substring(from, to));
				case 3 -> text.replace(from, to, pick(examples));
				default -> text.insert(from, (char) (oneIn(4) ? below(0xd800) : below(0x80)));
			}
		}
		return text.toString();
	}

	/**
	 * The bytes of such a text, sometimes no UTF-8.
	 */
	public byte[] bytes(List<String> examples) {
		byte[] bytes = text(examples).getBytes(StandardCharsets.UTF_8);
		if (bytes.length > 0 && oneIn(8)) {
			bytes[below(bytes.length)] = (byte) below(256);
		}
		return bytes;
	}

}
