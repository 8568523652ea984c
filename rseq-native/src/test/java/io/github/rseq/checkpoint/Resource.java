package io.github.rseq.checkpoint;

/**
 * What {@code org.crac} registers.
 */
public interface Resource {

	void beforeCheckpoint(Context context) throws Exception;

	void afterRestore(Context context) throws Exception;

}
