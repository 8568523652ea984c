package io.github.rseq.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

import org.jspecify.annotations.Nullable;

/**
 * Puts a process into a control group of its own and changes the CPUs of that group.
 */
final class Cpuset implements Outside {

	private static final Path VERSION_1 = Path.of("/sys/fs/cgroup/cpuset");

	private static final Path VERSION_2 = Path.of("/sys/fs/cgroup");

	private final Random random = new Random(1);

	private final List<Integer> cpus = Outside.cpus();

	private final Path group;

	Cpuset(long pid) {
		try {
			this.group = Files.createDirectory(root().resolve("rseq-faults-" + pid));
			if (root().equals(VERSION_1)) {
				Files.writeString(this.group.resolve("cpuset.mems"),
						Files.readString(VERSION_1.resolve("cpuset.mems")));
			}
			write(Outside.join(this.cpus));
			Files.writeString(this.group.resolve("cgroup.procs"), Long.toString(pid));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Path root() {
		return Files.exists(VERSION_1.resolve("cpuset.cpus")) ? VERSION_1 : VERSION_2;
	}

	static @Nullable String unsupported() {
		try {
			if (root().equals(VERSION_2)
					&& !Files.readString(VERSION_2.resolve("cgroup.subtree_control")).contains("cpuset")) {
				return "The root control group has no cpuset controller for its children";
			}
			Path group = Files.createDirectory(root().resolve("rseq-faults-probe"));
			Files.delete(group);
			return null;
		}
		catch (IOException ex) {
			return "No control group can be made: " + ex;
		}
	}

	@Override
	public boolean happen() throws IOException, InterruptedException {
		int random = this.random.nextInt(this.cpus.size() + 1);
		write((random < this.cpus.size()) ? this.cpus.get(random).toString() : Outside.join(this.cpus));
		Thread.sleep(5);
		return true;
	}

	private void write(String cpus) throws IOException {
		Files.writeString(this.group.resolve("cpuset.cpus"), cpus);
	}

	/*
	 * A group can be removed once its processes are gone.
	 */
	@Override
	public void close() throws IOException, InterruptedException {
		write(Outside.join(this.cpus));
		for (String pid : Files.readAllLines(this.group.resolve("cgroup.procs"))) {
			Files.writeString(root().resolve("cgroup.procs"), pid);
		}
		Files.delete(this.group);
	}

}
