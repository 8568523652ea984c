/**
 * Micrometer registries whose counters, timers and distribution summaries record per CPU.
 * It may use Micrometer, the Prometheus client, HdrHistogram and {@code io.github.rseq};
 * it must not use Spring.
 */
@NullMarked
package io.github.rseq.micrometer;

import org.jspecify.annotations.NullMarked;
