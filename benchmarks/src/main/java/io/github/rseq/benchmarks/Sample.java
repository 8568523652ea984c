package io.github.rseq.benchmarks;

/**
 * What one fork of one round measured.
 *
 * @param scenario where it was measured, by the name of run.sh
 * @param threads the number of threads
 * @param round the round
 * @param benchmark class and method
 * @param nanos nanoseconds of one CPU for one operation
 * @param bytes bytes allocated by one operation, NaN where that was not measured
 * @param jdk the JDK's version
 */
record Sample(String scenario, int threads, int round, String benchmark, double nanos, double bytes, String jdk) {

}
