package io.github.rseq.benchmarks;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A dot plot as SVG: a row for each subject, under headings, a mark for each number of
 * threads, a line from the least to the greatest round. The axis is logarithmic, as an
 * OpenTelemetry counter and an empty method lie a factor of a thousand apart; so these
 * are dots, since the length of a bar would say nothing. Readable on light and dark
 * pages.
 */
final class Plot {

	private static final int LEFT = 290;

	private static final int WIDTH = 900;

	private static final int TOP = 92;

	private static final int ROW = 26;

	/**
	 * A row.
	 *
	 * @param label its name
	 * @param ours whether to set it off
	 * @param figures by the number of threads
	 */
	record Row(String label, boolean ours, Map<Integer, Figure> figures) {

		Row {
			figures = new TreeMap<>(figures);
		}

		/**
		 * A heading of the rows below.
		 * @param label the heading
		 * @return a row without figures
		 */
		static Row heading(String label) {
			return new Row(label, false, Map.of());
		}

	}

	private final List<Row> rows;

	private final double low;

	private final double high;

	private Plot(List<Row> rows) {
		this.rows = rows;
		double[] all = rows.stream()
			.flatMap((row) -> row.figures().values().stream())
			.flatMapToDouble((figure) -> java.util.stream.DoubleStream.of(figure.min(), figure.max()))
			.toArray();
		Figure range = (all.length > 0) ? Figure.of(all) : new Figure(1, 1, 10);
		this.low = Math.floor(Math.log10(range.min()) * 4) / 4 - 0.05;
		this.high = Math.ceil(Math.log10(range.max()) * 4) / 4 + 0.05;
	}

	/**
	 * Draws.
	 * @param title the heading
	 * @param subtitle a line beneath
	 * @param rows the rows, from the top
	 * @return an SVG document
	 */
	static String draw(String title, String subtitle, List<Row> rows) {
		return new Plot(rows).draw(title, subtitle);
	}

	private String draw(String title, String subtitle) {
		int bottom = TOP + this.rows.size() * ROW;
		StringBuilder svg = new StringBuilder();
		add(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">",
				WIDTH, bottom + 48, escape(title));
		svg.append("""
				<style>
				text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #57606a; }
				.title { font-size: 17px; font-weight: 600; fill: #24292f; }
				.ours { font-weight: 600; fill: #24292f; }
				.heading { fill: #24292f; }
				.small { font-size: 11px; }
				.grid { stroke: #8c959f; stroke-opacity: .3; }
				.band { fill: #8c959f; fill-opacity: .13; }
				.t0 { fill: #0072b2; stroke: #0072b2; }
				.t1 { fill: #d55e00; stroke: #d55e00; }
				.t2 { fill: #009e73; stroke: #009e73; }
				@media (prefers-color-scheme: dark) {
				text { fill: #9da7b3; }
				.title, .heading, .ours { fill: #e6edf3; }
				.t0 { fill: #56b4e9; stroke: #56b4e9; }
				}
				</style>
				""");
		add(svg, "<text class=\"title\" x=\"16\" y=\"28\">%s</text>", escape(title));
		add(svg, "<text x=\"16\" y=\"49\">%s</text>", escape(subtitle));
		legend(svg);
		axis(svg, bottom);
		for (int i = 0; i < this.rows.size(); i++) {
			row(svg, this.rows.get(i), TOP + i * ROW);
		}
		return svg.append("</svg>\n").toString();
	}

	private void legend(StringBuilder svg) {
		List<Integer> threads = threads();
		int x = LEFT;
		for (int i = 0; i < threads.size(); i++) {
			mark(svg, i, x, 72);
			add(svg, "<text x=\"%d\" y=\"76\">%d %s</text>", x + 10, threads.get(i),
					(threads.get(i) == 1) ? "thread" : "threads");
			x += 100;
		}
		add(svg, "<text class=\"small\" x=\"%d\" y=\"76\">mark: median; line: range of the rounds</text>", x);
	}

	private void axis(StringBuilder svg, int bottom) {
		for (int decade = -2; decade <= 6; decade++) {
			for (int digit : new int[] { 1, 2, 5 }) {
				double value = digit * Math.pow(10, decade);
				double log = Math.log10(value);
				if (log >= this.low && log <= this.high) {
					add(svg, "<line class=\"grid\" x1=\"%1$.1f\" x2=\"%1$.1f\" y1=\"%2$d\" y2=\"%3$d\"/>", x(value),
							TOP, bottom);
					add(svg, "<text class=\"small\" text-anchor=\"middle\" x=\"%.1f\" y=\"%d\">%s</text>", x(value),
							bottom + 16, (value >= 1) ? Long.toString(Math.round(value)) : Double.toString(value));
				}
			}
		}
		add(svg, "<text class=\"small\" text-anchor=\"end\" x=\"%d\" y=\"%d\">"
				+ "nanoseconds of one CPU for one operation, logarithmic: further left is better</text>", WIDTH - 16,
				bottom + 36);
	}

	private void row(StringBuilder svg, Row row, int y) {
		if (row.figures().isEmpty()) {
			add(svg, "<text class=\"heading\" x=\"16\" y=\"%d\">%s</text>", y + ROW / 2 + 4, escape(row.label()));
			return;
		}
		if (row.ours()) {
			add(svg, "<rect class=\"band\" x=\"8\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\"/>", y + 1, WIDTH - 16,
					ROW - 2);
		}
		add(svg, "<text%s text-anchor=\"end\" x=\"%d\" y=\"%d\">%s</text>", row.ours() ? " class=\"ours\"" : "",
				LEFT - 14, y + ROW / 2 + 4, escape(row.label()));
		List<Integer> threads = threads();
		for (int i = 0; i < threads.size(); i++) {
			Figure figure = row.figures().get(threads.get(i));
			if (figure != null) {
				int middle = y + ROW / 2 + (i - threads.size() / 2) * 5;
				add(svg, "<line class=\"t%d\" stroke-width=\"1.5\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>",
						i % 3, x(figure.min()), x(figure.max()), middle, middle);
				mark(svg, i, x(figure.median()), middle);
			}
		}
	}

	private static void mark(StringBuilder svg, int i, double x, int y) {
		switch (i % 3) {
			case 0 -> add(svg, "<circle class=\"t0\" cx=\"%.1f\" cy=\"%d\" r=\"3.6\"/>", x, y);
			case 1 ->
				add(svg, "<rect class=\"t1\" x=\"%.1f\" y=\"%.1f\" width=\"6.4\" height=\"6.4\"/>", x - 3.2, y - 3.2);
			default -> add(svg, "<path class=\"t2\" d=\"M%.1f %.1fl4 7h-8z\"/>", x, y - 4.5);
		}
	}

	private List<Integer> threads() {
		return this.rows.stream().flatMap((row) -> row.figures().keySet().stream()).distinct().sorted().toList();
	}

	private double x(double nanos) {
		return LEFT + (Math.log10(nanos) - this.low) / (this.high - this.low) * (WIDTH - 24 - LEFT);
	}

	private static void add(StringBuilder svg, String format, Object... arguments) {
		svg.append(String.format(Locale.ROOT, format, arguments)).append('\n');
	}

	private static String escape(String text) {
		return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
	}

}
