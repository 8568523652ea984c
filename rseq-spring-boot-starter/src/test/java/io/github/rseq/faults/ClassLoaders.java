package io.github.rseq.faults;

import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Loads everything again, as a web application that is deployed again does, and counts
 * with it.
 */
final class ClassLoaders implements Disturber {

	private static final int ADDS = 10_000;

	private final long enough;

	private final URL[] classPath = classPath();

	private long loaded;

	ClassLoaders(long enough) {
		this.enough = enough;
	}

	private static URL[] classPath() {
		List<URL> urls = new ArrayList<>();
		for (String entry : System.getProperty("java.class.path").split(":")) {
			try {
				urls.add(Path.of(entry).toUri().toURL());
			}
			catch (java.net.MalformedURLException ex) {
				throw new IllegalStateException(ex);
			}
		}
		return urls.toArray(new URL[0]);
	}

	@Override
	public long disturb() throws Exception {
		try (URLClassLoader loader = new URLClassLoader(this.classPath, ClassLoader.getPlatformClassLoader())) {
			Object available = loader.loadClass("io.github.rseq.Rseq").getMethod("isAvailable").invoke(null);
			Class<?> type = loader.loadClass("io.github.rseq.PerCpuLongAdder");
			Object adder = type.getConstructor().newInstance();
			check(available, true);
			check(sum(adder), 0L);
			Thread[] threads = { adding(adder), adding(adder) };
			for (Thread thread : threads) {
				thread.start();
			}
			for (Thread thread : threads) {
				thread.join();
			}
			check(sum(adder), 2L * ADDS);
		}
		System.gc();
		return ++this.loaded;
	}

	private static Thread adding(Object adder) throws ReflectiveOperationException {
		Method increment = adder.getClass().getMethod("increment");
		return new Thread(() -> {
			try {
				for (int i = 0; i < ADDS; i++) {
					increment.invoke(adder);
				}
			}
			catch (ReflectiveOperationException ex) {
				throw new IllegalStateException(ex);
			}
		});
	}

	private static Object sum(Object adder) throws ReflectiveOperationException {
		return adder.getClass().getMethod("sum").invoke(adder);
	}

	private static void check(Object found, Object expected) {
		if (!found.equals(expected)) {
			throw new IllegalStateException("%s, not %s".formatted(found, expected));
		}
	}

	@Override
	public long enough() {
		return this.enough;
	}

}
