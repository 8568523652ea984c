/**
 * Micrometer registries whose counters count per CPU. It may use Micrometer, the
 * Prometheus client and {@code io.github.rseq}; it must not use Spring.
 */
@NullMarked
package io.github.rseq.micrometer;

import org.jspecify.annotations.NullMarked;
