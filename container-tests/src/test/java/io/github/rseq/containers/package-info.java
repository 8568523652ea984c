/**
 * The packaged shop, and the stress of {@code rseq-native}, in containers: other C
 * libraries and JDKs than the build's, and what a container takes away. Uses
 * Testcontainers and a Docker engine on this machine, and pulls no image.
 */
@NullMarked
package io.github.rseq.containers;

import org.jspecify.annotations.NullMarked;
