/**
 * The control plane: finding and loading the native library through JNA, probing, the
 * self-test, and the memory of the cells. Nothing here runs while a meter is recorded to,
 * and nothing here knows the public types.
 */
@NullMarked
package io.github.rseq.control;

import org.jspecify.annotations.NullMarked;
