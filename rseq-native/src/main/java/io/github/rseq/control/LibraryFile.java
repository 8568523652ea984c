package io.github.rseq.control;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * The library's file on disk. It is extracted to a directory named by its content, that
 * belongs to this user alone, and used again by every class loader and JVM of this user:
 * the dynamic linker maps it once in a process.
 */
final class LibraryFile {

	static final String NAME = "libpercpu_rseq.so";

	private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

	private LibraryFile() {
	}

	/**
	 * The directories to try, in this order.
	 * @param directory the one the user asked for, or {@code null}
	 * @return the directories
	 */
	static List<Path> directories(@Nullable Path directory) {
		if (directory != null) {
			return List.of(directory);
		}
		List<Path> directories = new ArrayList<>();
		String temporary = System.getProperty("java.io.tmpdir");
		if (temporary != null && !temporary.isEmpty()) {
			add(directories, temporary);
		}
		String cache = System.getenv("XDG_CACHE_HOME");
		String home = System.getProperty("user.home");
		if (cache != null && cache.startsWith("/")) {
			add(directories, cache);
		}
		else if (home != null && home.startsWith("/") && home.length() > 1) {
			add(directories, home + "/.cache");
		}
		return directories;
	}

	/*
	 * A name that the JVM's file name encoding lacks, such as a home directory with an
	 * umlaut where no locale is set, names no file for this JVM.
	 */
	private static void add(List<Path> directories, String name) {
		try {
			directories.add(Path.of(name));
		}
		catch (InvalidPathException ex) {
			// as good as not set
		}
	}

	/**
	 * The library in the jar.
	 * @param architecture {@code x86_64} or {@code aarch64}
	 * @return its bytes
	 * @throws LibraryException where the jar holds none
	 */
	static byte[] resource(String architecture) throws LibraryException {
		String name = "/io/github/rseq/native/linux-" + architecture + "/" + NAME;
		try (InputStream in = LibraryFile.class.getResourceAsStream(name)) {
			if (in == null) {
				throw new LibraryException(LibraryException.Problem.MISSING,
						"There is no resource " + name + " on the class path.", null);
			}
			return in.readAllBytes();
		}
		catch (IOException ex) {
			throw new LibraryException(LibraryException.Problem.DAMAGED, "The resource " + name + " can't be read.",
					ex);
		}
	}

	/**
	 * Writes the library to a directory, unless it is there already.
	 * @param content the library
	 * @param directory the directory
	 * @return the file
	 * @throws IOException where it can't be written
	 */
	static Path extract(byte[] content, Path directory) throws IOException {
		Files.createDirectories(directory);
		Path own = directory.resolve("rseq-" + user() + digest(content));
		try {
			Files.createDirectory(own, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
		}
		catch (FileAlreadyExistsException ex) {
			// Ours from earlier, or somebody else's: told apart below.
		}
		if (!Files.isDirectory(own, LinkOption.NOFOLLOW_LINKS)
				|| !Files.getPosixFilePermissions(own, LinkOption.NOFOLLOW_LINKS).equals(OWNER_ONLY)
				|| !Files.isWritable(own)) {
			own = privateDirectory(directory);
		}
		Path written = newFile(own);
		if (!Files.getOwner(own, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(written))) {
			// Root may write to anybody's directory; whose it is may replace the file.
			Files.delete(written);
			own = privateDirectory(directory);
			written = newFile(own);
		}
		try {
			Files.write(written, content);
			return place(written, own.resolve(NAME), content);
		}
		finally {
			Files.deleteIfExists(written);
		}
	}

	/*
	 * For a name of its own, so that several users of one /tmp don't meet; whose
	 * directory it is, is looked at all the same.
	 */
	private static String user() {
		String user = System.getProperty("user.name", "").replaceAll("[^A-Za-z0-9._-]", "");
		return user.isEmpty() ? "" : user + "-";
	}

	private static Path privateDirectory(Path directory) throws IOException {
		return Files.createTempDirectory(directory, "rseq-", PosixFilePermissions.asFileAttribute(OWNER_ONLY));
	}

	private static Path newFile(Path directory) throws IOException {
		return Files.createTempFile(directory, "new-", ".so", PosixFilePermissions.asFileAttribute(OWNER_ONLY));
	}

	/*
	 * A hard link fails where the name exists, so of several JVMs that come at once the
	 * first one's file is everybody's, and no name ever shows half a file.
	 */
	private static Path place(Path written, Path target, byte[] content) throws IOException {
		try {
			Files.createLink(target, written);
			return target;
		}
		catch (FileAlreadyExistsException ex) {
			if (Arrays.equals(Files.readAllBytes(target), content)) {
				return target;
			}
		}
		catch (IOException | UnsupportedOperationException ex) {
			// A file system without hard links, of which Linux tells as EPERM: the rename
			// below replaces.
		}
		return Files.move(written, target, java.nio.file.StandardCopyOption.ATOMIC_MOVE,
				java.nio.file.StandardCopyOption.REPLACE_EXISTING);
	}

	/**
	 * Whether a file holds all that its program headers tell the dynamic linker to map.
	 * The linker doesn't look: it maps a file that was cut off, and the process dies of
	 * SIGBUS at the first touch behind its end.
	 * @param file the file
	 * @return whether it is a whole 64-bit ELF file
	 * @throws IOException where it can't be read
	 */
	static boolean isWhole(Path file) throws IOException {
		byte[] content = Files.readAllBytes(file);
		ByteBuffer elf = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
		// 0x7F 'E' 'L' 'F', 64-bit, little-endian
		if (content.length < 64 || elf.getInt(0) != 0x464C457F || elf.get(4) != 2 || elf.get(5) != 1) {
			return false;
		}
		long header = elf.getLong(32);
		for (int i = 0; i < elf.getShort(56); i++, header += 56) {
			if (header < 0 || header > content.length - 56) {
				return false;
			}
			long offset = elf.getLong((int) header + 8);
			long size = elf.getLong((int) header + 32);
			if (offset < 0 || size < 0 || offset > content.length || size > content.length - offset) {
				return false;
			}
		}
		return true;
	}

	private static String digest(byte[] content) {
		try {
			byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
			return HexFormat.of().formatHex(digest, 0, 12);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every JVM has SHA-256", ex);
		}
	}

}
