package io.github.rseq.faults;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

import org.jspecify.annotations.Nullable;

/**
 * Lets {@link Redefinition} have what only an agent is given.
 */
public final class RetransformingAgent {

	static volatile @Nullable Instrumentation instrumentation;

	private RetransformingAgent() {
	}

	/**
	 * Called by the JVM.
	 * @param arguments none
	 * @param instrumentation what an agent is given
	 */
	public static void premain(@Nullable String arguments, Instrumentation instrumentation) {
		RetransformingAgent.instrumentation = instrumentation;
	}

	/**
	 * Writes a jar that names this class, which is on the class path, as an agent.
	 * @param directory where to
	 * @return the jar
	 */
	static Path jar(Path directory) {
		Manifest manifest = new Manifest();
		Attributes attributes = manifest.getMainAttributes();
		attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
		attributes.putValue("Premain-Class", RetransformingAgent.class.getName());
		attributes.putValue("Can-Retransform-Classes", "true");
		Path jar = directory.resolve("agent.jar");
		try (OutputStream out = Files.newOutputStream(jar)) {
			new JarOutputStream(out, manifest).close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return jar;
	}

}
