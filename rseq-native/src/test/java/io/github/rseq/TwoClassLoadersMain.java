package io.github.rseq;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Loads everything twice, as two web applications in one server do.
 */
final class TwoClassLoadersMain {

	private static final int ADDS = 100_000;

	private TwoClassLoadersMain() {
	}

	public static void main(String[] args) throws Exception {
		Application first = new Application(args[0]);
		Application second = new Application(args[0]);
		ChildJvm.print("classes", first.adder.getClass() != second.adder.getClass());
		Thread[] threads = { first.adding(), second.adding(), first.adding(), second.adding() };
		for (Thread thread : threads) {
			thread.start();
		}
		for (Thread thread : threads) {
			thread.join();
		}
		ChildJvm.print("state.1", first.state);
		ChildJvm.print("state.2", second.state);
		ChildJvm.print("binding.1", first.binding);
		ChildJvm.print("binding.2", second.binding);
		ChildJvm.print("sum.1", first.sum());
		ChildJvm.print("sum.2", second.sum());
		ChildJvm.print("native.2", second.sum() - second.fallback() > ADDS);
		ChildJvm.print("mapped", mapped());
		// The switch is each one's own.
		first.setEnabled(false);
		second.add();
		ChildJvm.print("fallback.2", second.fallback());
		// The first application ends.
		WeakReference<Object> ended = new WeakReference<>(first.adder);
		first.loader.close();
		first = null;
		threads = null;
		for (int i = 0; i < 100 && ended.get() != null; i++) {
			System.gc();
			Thread.sleep(10);
		}
		ChildJvm.print("ended", ended.get() == null);
		second.adding().run();
		ChildJvm.print("sum.3", second.sum());
	}

	/**
	 * How often the library's code is mapped, under whatever directory's name.
	 */
	private static long mapped() throws IOException {
		return Files.readAllLines(Path.of("/proc/self/maps"))
			.stream()
			.filter((line) -> line.contains("libpercpu_rseq.so") && line.contains("r-xp"))
			.count();
	}

	private static final class Application {

		private final URLClassLoader loader;

		private final Object adder;

		private final Method add;

		private final Object state;

		private final Object binding;

		Application(String binding) throws Exception {
			List<URL> urls = new ArrayList<>();
			for (String entry : System.getProperty("java.class.path").split(":")) {
				urls.add(Path.of(entry).toUri().toURL());
			}
			this.loader = new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
			Class<?> options = type("RseqOptions");
			Class<?> bindings = type("Binding");
			Object wanted = bindings.getMethod("valueOf", String.class).invoke(null, binding);
			Object configured = options.getMethod("withBinding", bindings)
				.invoke(options.getField("DEFAULTS").get(null), wanted);
			Object status = type("Rseq").getMethod("configure", options).invoke(null, configured);
			this.state = status.getClass().getMethod("state").invoke(status);
			this.binding = status.getClass().getMethod("binding").invoke(status);
			this.adder = type("PerCpuLongAdder").getConstructor().newInstance();
			this.add = this.adder.getClass().getMethod("increment");
		}

		private Class<?> type(String name) throws ClassNotFoundException {
			return this.loader.loadClass("io.github.rseq." + name);
		}

		Thread adding() {
			return new Thread(() -> {
				for (int i = 0; i < ADDS; i++) {
					add();
				}
			});
		}

		void add() {
			try {
				this.add.invoke(this.adder);
			}
			catch (ReflectiveOperationException ex) {
				throw new IllegalStateException(ex);
			}
		}

		long sum() throws ReflectiveOperationException {
			return (long) this.adder.getClass().getMethod("sum").invoke(this.adder);
		}

		long fallback() throws ReflectiveOperationException {
			return (long) this.adder.getClass().getMethod("fallback").invoke(this.adder);
		}

		void setEnabled(boolean enabled) throws ReflectiveOperationException {
			type("Rseq").getMethod("setEnabled", boolean.class).invoke(null, enabled);
		}

	}

}
