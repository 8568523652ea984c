/**
 * Checkpoints on a JVM that can't make any: what {@code -Dorg.crac.Core.Compat} makes
 * {@code org.crac} use, so that everything is real but the checkpoint itself.
 */
package io.github.rseq.checkpoint;
