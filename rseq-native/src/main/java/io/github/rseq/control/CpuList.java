package io.github.rseq.control;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The kernel's way to write a set of CPUs, such as {@code 0-3,8-11}.
 *
 * @param ranges its ranges, in the order in which they were written
 */
record CpuList(List<Range> ranges) {

	// Nine digits fit an int. A stride, which the kernel accepts and never writes, is
	// taken for the range it lies in.
	private static final Pattern RANGE = Pattern.compile("(?:(\\d{1,9})-)?(\\d{1,9})(?::\\d+/\\d+)?");

	/**
	 * The CPUs from the first to the last, both included.
	 *
	 * @param first the lowest number
	 * @param last the highest number
	 */
	record Range(int first, int last) {
	}

	/**
	 * Reads a list.
	 * @param list the list
	 * @return what it says, at least one range
	 * @throws IllegalArgumentException where it is no such list, or an empty one
	 */
	static CpuList parse(String list) {
		List<Range> ranges = new ArrayList<>();
		for (String range : list.strip().split(",", -1)) {
			Matcher matcher = RANGE.matcher(range);
			if (!matcher.matches()) {
				throw new IllegalArgumentException("'" + list + "' is no list of CPUs");
			}
			int last = Integer.parseInt(matcher.group(2));
			int first = (matcher.group(1) != null) ? Integer.parseInt(matcher.group(1)) : last;
			if (first > last) {
				throw new IllegalArgumentException("'" + range + "' is a range from the end to the start");
			}
			ranges.add(new Range(first, last));
		}
		return new CpuList(ranges);
	}

	/**
	 * The highest CPU in it.
	 * @return its number
	 */
	int highest() {
		return this.ranges.stream().mapToInt(Range::last).max().orElse(-1);
	}

}
