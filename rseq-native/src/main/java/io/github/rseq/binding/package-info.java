/**
 * The ways from Java to the critical sections, and the call sites that lead to the chosen
 * one. Knows addresses and method handles; uses {@code control} for neither more nor less
 * than the loaded library.
 */
@NullMarked
package io.github.rseq.binding;

import org.jspecify.annotations.NullMarked;
