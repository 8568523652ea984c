/**
 * What the tests of several packages share.
 */
@NullMarked
package io.github.rseq.testsupport;

import org.jspecify.annotations.NullMarked;
