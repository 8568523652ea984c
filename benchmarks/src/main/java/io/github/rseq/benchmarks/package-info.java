/**
 * Benchmarks against everything else that counts, and the report on them. Uses the public
 * types of the other modules; of {@code io.github.rseq.control} what the C loop needs.
 */
@NullMarked
package io.github.rseq.benchmarks;

import org.jspecify.annotations.NullMarked;
