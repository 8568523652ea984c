package io.github.rseq.checkpoint;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Notifies as the contract says: before a checkpoint the last registered comes first,
 * after it the first.
 */
public final class Core {

	private static final Context context = new Context();

	private static volatile Runnable checkpoint = () -> {
	};

	private Core() {
	}

	public static Context getGlobalContext() {
		return context;
	}

	/**
	 * What happens between the notifications.
	 */
	public static void setCheckpoint(Runnable checkpoint) {
		Core.checkpoint = checkpoint;
	}

	public static void checkpointRestore() throws Exception {
		List<Resource> resources = new ArrayList<>(context.resources());
		Collections.reverse(resources);
		for (Resource resource : resources) {
			resource.beforeCheckpoint(context);
		}
		checkpoint.run();
		Collections.reverse(resources);
		for (Resource resource : resources) {
			resource.afterRestore(context);
		}
	}

}
