package io.github.rseq.micrometer;

import java.util.function.Supplier;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.step.StepTuple2;

/**
 * The count and total of the last step. It is Micrometer's, so that steps that nobody
 * polled are treated as there: the step before is taken for empty, and what it counted
 * goes to the next one.
 *
 * @param <T> the type of the total
 */
final class StepTotals<T> extends StepTuple2<Long, T> {

	/**
	 * Totals of nothing.
	 * @param clock the clock that steps go by
	 * @param stepMillis the length of a step in milliseconds
	 * @param none the total of nothing
	 * @param count takes what was counted since it was asked last; called before the
	 * total
	 * @param total takes the total of what the count last took
	 */
	StepTotals(Clock clock, long stepMillis, T none, Supplier<Long> count, Supplier<T> total) {
		super(clock, stepMillis, 0L, none, count, total);
	}

	@Override
	protected void _closingRollover() {
		super._closingRollover();
	}

}
