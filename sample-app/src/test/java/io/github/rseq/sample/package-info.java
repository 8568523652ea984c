/**
 * Tests of the shop: {@code Tests} in this JVM, {@code IT} with the packaged jar in a
 * process of its own, real sockets and a real Prometheus.
 */
@NullMarked
package io.github.rseq.sample;

import org.jspecify.annotations.NullMarked;
