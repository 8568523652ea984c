package io.github.rseq.checkpoint;

/**
 * Looked for by {@code org.crac}, never thrown.
 */
public class CheckpointException extends Exception {

}
