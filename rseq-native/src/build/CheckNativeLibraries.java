import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;

/**
 * Fails the build where the jar lacks a native library that could be built: one for each
 * architecture that {@code build.sh} lists, and one for this machine if it has a C
 * compiler, whatever {@code build.sh} says. A jar without libraries works, on the
 * fallback cells, so that no test would notice.
 * <p>
 * Run by Maven as a source file: {@code java CheckNativeLibraries.java <jar> <list>}.
 */
final class CheckNativeLibraries {

	private static final int MIN_SIZE = 2048;

	/** The ELF header's e_machine (ELF specification, EM_*) by directory. */
	private static final Map<String, Integer> MACHINES = Map.of("linux-x86_64", 62, "linux-aarch64", 183);

	private CheckNativeLibraries() {
	}

	public static void main(String[] args) throws IOException {
		Path jar = Path.of(args[0]);
		Path list = Path.of(args[1]);
		Set<String> expected = new TreeSet<>(builtPlatforms(list));
		String host = hostPlatform();
		if (MACHINES.containsKey(host) && hasCompiler()) {
			expected.add(host);
		}
		List<String> problems = new ArrayList<>();
		try (JarFile file = new JarFile(jar.toFile())) {
			for (String platform : expected) {
				String name = "io/github/rseq/native/" + platform + "/libpercpu_rseq.so";
				String problem = problem(file, name, MACHINES.get(platform));
				if (problem != null) {
					problems.add(name + " " + problem);
				}
			}
		}
		if (!problems.isEmpty()) {
			System.err.println(jar + " was built where a C compiler is installed, but:");
			problems.forEach((problem) -> System.err.println("  " + problem));
			System.err.println("See what src/main/native/build.sh printed above; 'mvnw clean' removes stale outputs.");
			System.exit(1);
		}
		System.out.println("Native libraries in " + jar.getFileName() + ": "
				+ (expected.isEmpty() ? "none, as there is no C compiler" : String.join(", ", expected)));
	}

	private static List<String> builtPlatforms(Path list) throws IOException {
		if (!Files.exists(list)) {
			return List.of();
		}
		return Files.readAllLines(list).stream().map(String::strip).filter((line) -> !line.isEmpty()).toList();
	}

	private static String hostPlatform() {
		String arch = System.getProperty("os.arch");
		return "linux-" + ("amd64".equals(arch) ? "x86_64" : arch);
	}

	private static boolean hasCompiler() {
		String chosen = System.getenv("CC");
		boolean none = (chosen == null || chosen.isBlank());
		return isExecutable(none ? "cc" : chosen.strip().split("\\s+")[0]);
	}

	private static boolean isExecutable(String command) {
		if (command.indexOf('/') >= 0) {
			return Files.isExecutable(Path.of(command));
		}
		for (String directory : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
			if (Files.isExecutable(Path.of(directory, command))) {
				return true;
			}
		}
		return false;
	}

	private static String problem(JarFile jar, String name, Integer machine) throws IOException {
		ZipEntry entry = jar.getEntry(name);
		if (entry == null) {
			return "is missing";
		}
		byte[] content;
		try (InputStream in = jar.getInputStream(entry)) {
			content = in.readAllBytes();
		}
		if (content.length < MIN_SIZE) {
			return "has " + content.length + " bytes only";
		}
		ByteBuffer header = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
		// 0x7F 'E' 'L' 'F', 64-bit, little-endian
		if (header.getInt(0) != 0x464C457F || header.get(4) != 2 || header.get(5) != 1) {
			return "is no little-endian 64-bit ELF file";
		}
		// ET_DYN
		if (header.getShort(16) != 3) {
			return "is no shared object";
		}
		if (machine != null && header.getShort(18) != machine) {
			return "is for machine " + header.getShort(18) + ", not " + machine;
		}
		return null;
	}

}
