package io.github.rseq;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

import io.github.rseq.control.Arena;

/**
 * Loads and unloads an application, again and again, as a server does that redeploys, and
 * tells what is left of it. Another one, that stays, records all the time.
 * <p>
 * Arguments: {@code own} or {@code parent}, which is whose JNA is; how many loads; what
 * the applications do.
 */
final class LoaderChurnMain {

	private static final Predicate<Path> JNA = (entry) -> entry.getFileName().toString().startsWith("jna-");

	private final ClassLoader parent;

	private final URL[] urls;

	private final List<WeakReference<ClassLoader>> loaders = new ArrayList<>();

	private int loads;

	private String stray = "";

	private LoaderChurnMain(boolean ownJna) throws IOException {
		List<Path> classPath = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
			.map(Path::of)
			.toList();
		ClassLoader platform = ClassLoader.getPlatformClassLoader();
		this.parent = ownJna ? platform : new URLClassLoader(urls(classPath, JNA), platform);
		this.urls = urls(classPath, ownJna ? (entry) -> true : JNA.negate());
	}

	private static URL[] urls(List<Path> classPath, Predicate<Path> filter) throws IOException {
		List<URL> urls = new ArrayList<>();
		for (Path entry : classPath) {
			if (filter.test(entry)) {
				urls.add(entry.toUri().toURL());
			}
		}
		return urls.toArray(URL[]::new);
	}

	public static void main(String[] args) throws Exception {
		LoaderChurnMain churn = new LoaderChurnMain(args[0].equals("own"));
		int loads = Integer.parseInt(args[1]);
		churn.run(loads, args[2]);
	}

	private void run(int loads, String what) throws Exception {
		Survivor survivor = new Survivor();
		load("record");
		Footprint before = Footprint.now();
		for (int i = 0; i < loads; i++) {
			load(what.split(","));
		}
		settle(before);
		Footprint after = Footprint.now();
		ChildJvm.print("loads", this.loads);
		ChildJvm.print("alive", alive());
		ChildJvm.print("stray", this.stray);
		ChildJvm.print("survivor", survivor.end());
		after.printSince(before);
	}

	private void load(String... what) throws Exception {
		URLClassLoader loader = new URLClassLoader(this.urls, this.parent);
		this.loaders.add(new WeakReference<>(loader));
		this.loads++;
		Thread thread = new Thread(() -> apply(loader, what));
		// As a server's threads have it
		thread.setContextClassLoader(loader);
		thread.start();
		thread.join();
		loader.close();
		// Collected now unless JNA's thread keeps it, which does for a while.
		System.gc();
	}

	private void apply(ClassLoader loader, String... what) {
		try {
			Function<String, String> application = application(loader);
			for (String each : what) {
				this.stray += application.apply(each);
			}
		}
		catch (ReflectiveOperationException | RuntimeException | Error ex) {
			this.stray += ex + "; ";
			ex.printStackTrace();
		}
	}

	@SuppressWarnings("unchecked")
	private static Function<String, String> application(ClassLoader loader) throws ReflectiveOperationException {
		return (Function<String, String>) loader.loadClass("io.github.rseq.ReloadedApplication")
			.getConstructor()
			.newInstance();
	}

	/*
	 * Until all loaders are gone, and the libraries that the JVM's cleaner unloads after
	 * them, or for longer than JNA's thread lingers.
	 */
	private void settle(Footprint before) throws Exception {
		long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.getLong("churn.patience", 45));
		while ((alive() > 0 || Footprint.jnaLibrariesNow() > before.jnaLibraries()) && System.nanoTime() < deadline) {
			System.gc();
			Thread.sleep(100);
		}
	}

	private long alive() {
		return this.loaders.stream().filter((loader) -> loader.get() != null).count();
	}

	/**
	 * What a process holds.
	 */
	private record Footprint(long segments, long libraries, long jnaLibraries, long descriptors, long files,
			long threads, long classes, long metaspace) {

		static Footprint now() throws IOException {
			List<String> maps = Files.readAllLines(Path.of("/proc/self/maps"));
			return new Footprint(segments(Files.readAllLines(Path.of("/proc/self/smaps"))),
					count(maps, "libpercpu_rseq"), count(maps, "jna"), entries(Path.of("/proc/self/fd")),
					entries(Path.of(System.getProperty("java.io.tmpdir"))), Thread.getAllStackTraces().size(),
					ManagementFactory.getClassLoadingMXBean().getLoadedClassCount(),
					ManagementFactory.getMemoryPoolMXBeans()
						.stream()
						.filter((pool) -> pool.getName().equals("Metaspace"))
						.mapToLong((pool) -> pool.getUsage().getUsed())
						.sum());
		}

		static long jnaLibrariesNow() throws IOException {
			return count(Files.readAllLines(Path.of("/proc/self/maps")), "jna");
		}

		private static long count(List<String> maps, String name) {
			return maps.stream().filter((line) -> line.contains(name)).count();
		}

		/*
		 * Not every kernel names them, but nobody else maps memory that is neither
		 * reserved nor for huge pages. Neighbours are shown as one.
		 */
		private static long segments(List<String> maps) {
			long bytes = (Rseq.status().cpus().possible() + 1L) * Arena.ROW_BYTES;
			long size = 0;
			long segments = 0;
			for (String line : maps) {
				if (line.startsWith("Size:")) {
					size = 1024 * Long.parseLong(line.replaceAll("\\D", ""));
				}
				if (line.startsWith("VmFlags:") && line.contains(" nr") && line.contains(" nh") && size % bytes == 0) {
					segments += size / bytes;
				}
			}
			return segments;
		}

		private static long entries(Path directory) throws IOException {
			try (Stream<Path> files = Files.walk(directory, directory.startsWith("/proc") ? 1 : 9)) {
				return files.count();
			}
		}

		void printSince(Footprint before) {
			ChildJvm.print("segments", this.segments);
			ChildJvm.print("segments.growth", this.segments - before.segments);
			ChildJvm.print("libraries.growth", this.libraries - before.libraries);
			ChildJvm.print("jna.growth", this.jnaLibraries - before.jnaLibraries);
			ChildJvm.print("descriptors.growth", this.descriptors - before.descriptors);
			ChildJvm.print("files.growth", this.files - before.files);
			ChildJvm.print("threads.growth", this.threads - before.threads);
			ChildJvm.print("classes.growth", this.classes - before.classes);
			ChildJvm.print("metaspace.growth", this.metaspace - before.metaspace);
		}

	}

	/**
	 * An application that stays, and whose cells must be nobody else's.
	 */
	private static final class Survivor {

		private final AtomicBoolean ended = new AtomicBoolean();

		private final PerCpuLongAdder adder = new PerCpuLongAdder();

		private long adds;

		private final Thread thread = new Thread(() -> {
			while (!this.ended.get()) {
				this.adder.increment();
				this.adds++;
			}
		});

		Survivor() {
			this.thread.start();
		}

		/**
		 * Ends it.
		 * @return how many adds too many or too few the adder has
		 */
		long end() throws InterruptedException {
			this.ended.set(true);
			this.thread.join();
			return this.adder.sum() - this.adds;
		}

	}

}
