/**
 * A small shop that shows the starter: ordinary Spring and Micrometer code, nothing of
 * rseq.
 */
@NullMarked
package io.github.rseq.sample;

import org.jspecify.annotations.NullMarked;
