package io.github.rseq.control;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

class LibraryFileTests {

	private static final byte[] CONTENT = { 1, 2, 3, 4 };

	@TempDir
	Path directory;

	@Test
	void writesToADirectoryOfItsOwn() throws IOException {
		Path file = LibraryFile.extract(CONTENT, this.directory);
		assertThat(file).hasBinaryContent(CONTENT).hasFileName(LibraryFile.NAME);
		assertThat(permissions(file.getParent())).isEqualTo("rwx------");
		assertThat(permissions(file)).isEqualTo("rwx------");
		assertThat(file.getParent().getParent()).isEqualTo(this.directory);
		assertThat(names(file.getParent())).containsExactly(LibraryFile.NAME);
	}

	@Test
	void makesMissingDirectories() throws IOException {
		assertThat(LibraryFile.extract(CONTENT, this.directory.resolve("a/b"))).hasBinaryContent(CONTENT);
	}

	@Test
	void usesTheFileAgain() throws IOException {
		Path first = LibraryFile.extract(CONTENT, this.directory);
		Object inode = Files.getAttribute(first, "unix:ino");
		Path second = LibraryFile.extract(CONTENT, this.directory);
		assertThat(second).isEqualTo(first);
		assertThat(Files.getAttribute(second, "unix:ino")).isEqualTo(inode);
		assertThat(names(this.directory)).hasSize(1);
	}

	@Test
	void keepsAnotherContentApart() throws IOException {
		Path first = LibraryFile.extract(CONTENT, this.directory);
		Path second = LibraryFile.extract(new byte[] { 5 }, this.directory);
		assertThat(first).hasBinaryContent(CONTENT).isNotEqualTo(second);
		assertThat(second).hasBinaryContent(new byte[] { 5 });
	}

	@Test
	void replacesADamagedFile() throws IOException {
		Path first = LibraryFile.extract(CONTENT, this.directory);
		Files.write(first, new byte[] { 1 });
		Path second = LibraryFile.extract(CONTENT, this.directory);
		assertThat(second).isEqualTo(first).hasBinaryContent(CONTENT);
		assertThat(names(second.getParent())).containsExactly(LibraryFile.NAME);
	}

	@Test
	void avoidsADirectoryThatOthersMayEnter() throws IOException {
		Path trap = trap();
		Files.createDirectory(trap);
		Files.setPosixFilePermissions(trap, PosixFilePermissions.fromString("rwxrwxrwx"));
		assertAvoids(trap);
	}

	@Test
	void avoidsASymbolicLink() throws IOException {
		Path elsewhere = Files.createDirectory(this.directory.resolve("elsewhere"),
				PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
		Path trap = trap();
		Files.createSymbolicLink(trap, elsewhere);
		assertAvoids(trap);
		assertThat(names(elsewhere)).isEmpty();
	}

	@Test
	void avoidsAFile() throws IOException {
		Path trap = trap();
		Files.createFile(trap);
		Path file = LibraryFile.extract(CONTENT, this.directory);
		assertThat(file).hasBinaryContent(CONTENT);
		assertThat(file.getParent()).isNotEqualTo(trap);
	}

	@Test
	void avoidsADirectoryOfAnotherUser() throws IOException {
		Path trap = trap();
		Files.createDirectory(trap, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
		try {
			Files.setAttribute(trap, "unix:uid", 65534, LinkOption.NOFOLLOW_LINKS);
		}
		catch (FileSystemException ex) {
			assumeTrue(false, "Only root may give a directory away");
		}
		assertAvoids(trap);
	}

	private void assertAvoids(Path trap) throws IOException {
		Path file = LibraryFile.extract(CONTENT, this.directory);
		assertThat(file).hasBinaryContent(CONTENT).hasFileName(LibraryFile.NAME);
		assertThat(file.getParent()).isNotEqualTo(trap);
		assertThat(file.getParent().getParent()).isEqualTo(this.directory);
		assertThat(permissions(file.getParent())).isEqualTo("rwx------");
		assertThat(names(trap)).isEmpty();
	}

	@Test
	void failsWhereNothingCanBeWritten() throws IOException {
		Path file = Files.createFile(this.directory.resolve("file"));
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> LibraryFile.extract(CONTENT, file));
	}

	@Test
	void manyThreadsGetOneFile() throws Exception {
		int threads = 8;
		byte[] content = new byte[100_000];
		CyclicBarrier barrier = new CyclicBarrier(threads);
		ExecutorService executor = Executors.newFixedThreadPool(threads);
		try {
			List<Future<Object>> inodes = new ArrayList<>();
			for (int i = 0; i < threads; i++) {
				inodes.add(executor.submit(() -> {
					barrier.await();
					Path file = LibraryFile.extract(content, this.directory);
					assertThat(file).hasBinaryContent(content);
					return Files.getAttribute(file, "unix:ino");
				}));
			}
			Object first = inodes.get(0).get();
			for (Future<Object> inode : inodes) {
				assertThat(inode.get()).isEqualTo(first);
			}
		}
		finally {
			executor.shutdownNow();
		}
		assertThat(names(this.directory)).hasSize(1);
	}

	@Test
	void asksTheNamedDirectoryOnly() {
		assertThat(LibraryFile.directories(this.directory)).containsExactly(this.directory);
		assertThat(LibraryFile.directories(null)).first().isEqualTo(Path.of(System.getProperty("java.io.tmpdir")));
	}

	@Test
	void passesOverNamesThatTheFileSystemCannotHave() {
		String before = System.getProperty("java.io.tmpdir");
		System.setProperty("java.io.tmpdir", "/tmp/\0");
		try {
			assertThat(LibraryFile.directories(null)).doesNotContain(Path.of("/tmp")).hasSizeLessThan(2);
		}
		finally {
			System.setProperty("java.io.tmpdir", before);
		}
	}

	@Test
	void missesTheLibraryOfAnotherArchitecture() {
		assertThatExceptionOfType(LibraryException.class).isThrownBy(() -> LibraryFile.resource("m68k"))
			.withMessageContaining("linux-m68k")
			.matches((ex) -> ex.problem() == LibraryException.Problem.MISSING);
	}

	/**
	 * The name that the extraction will want.
	 */
	private Path trap() throws IOException {
		Path file = LibraryFile.extract(CONTENT, this.directory);
		Files.delete(file);
		Files.delete(file.getParent());
		return file.getParent();
	}

	private static String permissions(Path path) throws IOException {
		return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
	}

	private static List<String> names(Path directory) throws IOException {
		try (Stream<Path> files = Files.list(directory)) {
			return files.map((file) -> file.getFileName().toString()).toList();
		}
	}

}
