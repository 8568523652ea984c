package io.github.rseq.containers;

import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Volume;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.startupcheck.OneShotStartupCheckStrategy;
import org.testcontainers.utility.DockerImageName;

/**
 * How a JVM is to be started in a container. It has the host's network, so that nothing
 * listens but on the loopback interface, and reads what the build made through mounts
 * that it can't write to.
 */
final class JvmContainer {

	private static final Duration END = Duration.ofSeconds(120);

	private final Image image;

	private final List<String> jvm = new ArrayList<>();

	private final List<String> main = new ArrayList<>();

	private final List<String> arguments = new ArrayList<>();

	private final Map<String, String> environment = new HashMap<>();

	private final List<Bind> binds = new ArrayList<>();

	private Consumer<CreateContainerCmd> limits = (command) -> {
	};

	private JvmContainer(Image image) {
		this.image = image;
	}

	/**
	 * The packaged shop.
	 */
	static JvmContainer shop(Image image) {
		// Tomcat ends a connection after 100 requests unless told otherwise
		return new JvmContainer(image).bind(built("sample.jar", ""), "/sample.jar")
			.main("-jar", "/sample.jar")
			.argument("--server.address=127.0.0.1", "--server.port=0", "--spring.main.banner-mode=off",
					"--server.tomcat.max-keep-alive-requests=-1");
	}

	/**
	 * The stress of {@code rseq-native}'s own tests, which prints what came of it.
	 */
	static JvmContainer stress(Image image, Object... arguments) {
		JvmContainer container = new JvmContainer(image).bind(built("native.build", "classes"), "/classes")
			.bind(built("native.build", "test-classes"), "/test-classes")
			.bind(built("native.build", "native-test"), "/native-test")
			.bind(jna(), "/jna.jar")
			.main("-cp", "/classes:/test-classes:/jna.jar", "io.github.rseq.StressMain");
		for (Object argument : arguments) {
			container.argument(argument.toString());
		}
		return (image.java() >= 22) ? container.jvm("--enable-native-access=ALL-UNNAMED") : container;
	}

	private static Path built(String property, String path) {
		Path file = Path.of(System.getProperty(property, "")).resolve(path).toAbsolutePath().normalize();
		if (!file.toFile().exists()) {
			throw new IllegalStateException(file + " is not there: run ./mvnw verify");
		}
		return file;
	}

	private static Path jna() {
		for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
			if (Path.of(entry).getFileName().toString().matches("jna-\\d.*\\.jar")) {
				return Path.of(entry);
			}
		}
		throw new IllegalStateException("JNA is not on the class path");
	}

	/**
	 * Start the shop from a class path rather than with {@code -jar}, so that the
	 * manifest's {@code Enable-Native-Access} isn't read.
	 */
	JvmContainer fromClassPath() {
		this.main.clear();
		return main("-cp", "/sample.jar", "org.springframework.boot.loader.launch.JarLauncher");
	}

	/**
	 * Optimise for a quick start; for tests that don't send many requests.
	 */
	JvmContainer quick() {
		return jvm("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m");
	}

	JvmContainer jvm(String... options) {
		this.jvm.addAll(List.of(options));
		return this;
	}

	private JvmContainer main(String... main) {
		this.main.addAll(List.of(main));
		return this;
	}

	JvmContainer argument(String... arguments) {
		this.arguments.addAll(List.of(arguments));
		return this;
	}

	JvmContainer environment(String name, String value) {
		this.environment.put(name, value);
		return this;
	}

	/**
	 * Show the container a file or directory of this machine.
	 */
	JvmContainer bind(Path from, String to) {
		this.binds.add(new Bind(from.toString(), new Volume(to), AccessMode.ro));
		return this;
	}

	/**
	 * A file that the native build made for tests.
	 */
	static Path testLibrary(String variant) {
		String architecture = System.getProperty("os.arch").replace("amd64", "x86_64");
		return built("native.build", "native-test/linux-" + architecture + "/libpercpu_rseq-" + variant + ".so");
	}

	/**
	 * Limit the container.
	 */
	JvmContainer host(Consumer<HostConfig> limits) {
		return command((command) -> limits.accept(command.getHostConfig()));
	}

	JvmContainer user(String user) {
		return command((command) -> command.withUser(user));
	}

	private JvmContainer command(Consumer<CreateContainerCmd> limits) {
		this.limits = this.limits.andThen(limits);
		return this;
	}

	/**
	 * Run to the end.
	 * @return what was printed
	 */
	String run() {
		try (GenericContainer<?> container = container()) {
			container.withStartupCheckStrategy(new OneShotStartupCheckStrategy().withTimeout(END));
			container.start();
			return container.getLogs();
		}
	}

	/**
	 * The container, not started yet.
	 */
	GenericContainer<?> container() {
		this.image.assumePresent();
		List<String> command = new ArrayList<>(this.jvm);
		command.addAll(this.main);
		command.addAll(this.arguments);
		return new GenericContainer<>(DockerImageName.parse(this.image.reference()))
			.withImagePullPolicy((name) -> false)
			.withNetworkMode("host")
			.withEnv(this.environment)
			.withCommand(command.toArray(String[]::new))
			.withCreateContainerCmdModifier((create) -> {
				create.withEntrypoint(this.image.program());
				create.getHostConfig().withBinds(this.binds);
				this.limits.accept(create);
			});
	}

}
