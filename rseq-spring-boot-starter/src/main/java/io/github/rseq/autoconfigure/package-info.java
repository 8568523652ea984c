/**
 * Auto-configuration and the {@code rseq.*} properties. It may use every other package of
 * the starter; none of them uses it.
 */
@NullMarked
package io.github.rseq.autoconfigure;

import org.jspecify.annotations.NullMarked;
