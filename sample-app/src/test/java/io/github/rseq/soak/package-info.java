/**
 * What {@code SoakIT} adds to the packaged sample application: it runs inside of it, and
 * so uses nothing of the tests.
 */
@NullMarked
package io.github.rseq.soak;

import org.jspecify.annotations.NullMarked;
