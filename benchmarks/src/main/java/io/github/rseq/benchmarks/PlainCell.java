package io.github.rseq.benchmarks;

import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * A field that only one thread writes to: what adding costs at least.
 */
@State(Scope.Thread)
public class PlainCell {

	long whole;

	double fraction;

}
