/**
 * Per-CPU adders, recorders and arrays written by Linux restartable sequences, and
 * whether they can be had here. The public room: it may use {@code binding} and
 * {@code control}, they never use it.
 */
@NullMarked
package io.github.rseq;

import org.jspecify.annotations.NullMarked;
