package io.github.rseq.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.github.rseq.Rseq;
import io.github.rseq.RseqOptions;
import io.github.rseq.RseqStatus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * No kind of meter loses a record, whatever comes between: {@link Fault}. Each runs once,
 * in a JVM of its own. That it would be noticed is shown there by sections that the
 * kernel does not abort. {@code faults.sh} runs it for long; what was seen is written to
 * {@code target/faults.md}.
 */
@Tag("slow")
class FaultTests {

	private static final long MILLIS = Long.getLong("faults.millis", 250);

	/** Faults to bring about, all of them unless told. */
	private static final String ONLY = System.getProperty("faults.only", "");

	private static final Map<Fault, FaultRun> runs = new EnumMap<>(Fault.class);

	private static final Map<Fault, String> skipped = new EnumMap<>(Fault.class);

	private static final Path libraries = Path
		.of("../rseq-native/target/native-test/linux-" + System.getProperty("os.arch").replace("amd64", "x86_64"));

	@TempDir
	@SuppressWarnings("NullAway.Init")
	private static Path directory;

	@BeforeAll
	static void assumeRseq() {
		RseqStatus status = Rseq.configure(RseqOptions.DEFAULTS);
		assumeThat(status.availability().available())
			.as("rseq cannot be had here: " + status.availability().reason() + ", " + status.availability().detail())
			.isTrue();
		assumeThat(libraries).as("the test libraries were not built: there was no compiler").isDirectory();
	}

	private static FaultRun run(Fault fault) throws IOException, InterruptedException {
		FaultRun run = runs.get(fault);
		if (run == null) {
			String unsupported = ONLY.isEmpty() || List.of(ONLY.split(",")).contains(fault.name()) ? fault.unsupported()
					: "Others were asked for";
			if (unsupported != null) {
				skipped.put(fault, unsupported);
			}
			assumeThat(unsupported).as("%s: %s", fault, unsupported).isNull();
			run = FaultRun.of(fault, libraries, directory, MILLIS);
			runs.put(fault, run);
		}
		assertThat(run.exit()).as(run.output()).isZero();
		return run;
	}

	@ParameterizedTest
	@EnumSource
	void losesNothing(Fault fault) throws Exception {
		FaultRun run = run(fault);
		for (Sections sections : new Sections[] { Sections.SHIPPED, Sections.DELAYED }) {
			assertThat(run.get(sections, "wrong")).as("%s: wrong figures", sections).isEmpty();
			assertThat(run.number(sections, "records")).as("%s: records", sections).isPositive();
		}
		assertThat(run.get(Sections.SHIPPED, "binding")).isEqualTo(fault.binding().name());
		assertThat(run.number(Sections.DELAYED, "aborts")).as("aborts of long sections").isPositive();
		if (fault.isActive()) {
			assertThat(run.happened()).as("how often it happened").isGreaterThanOrEqualTo(5);
		}
	}

	@ParameterizedTest
	@EnumSource
	void negativeControlLosesWhereSectionsAreDisarmed(Fault fault) throws Exception {
		FaultRun run = run(fault);
		assertThat(run.number(Sections.DISARMED, "aborts")).as("aborts").isZero();
		assertThat(run.number(Sections.DISARMED, "lost")).as("lost").isPositive();
	}

	@Test
	void checkedJniFindsNothing() throws Exception {
		List<String> lines = run(Fault.CHECKED_JNI).output().lines().toList();
		assertThat(lines).noneMatch((line) -> line.contains("FATAL ERROR in native"));
		for (int i = 0; i < lines.size() - 1; i++) {
			if (lines.get(i).startsWith("WARNING in native method")) {
				// The method that is warned of; the JDK's own and JNA's are.
				assertThat(lines.get(i + 1)).doesNotContain("io.github.rseq");
			}
		}
	}

	@AfterAll
	static void report() throws IOException {
		StringBuilder report = new StringBuilder("JDK %s, %d ms for each%n%n".formatted(Runtime.version(), MILLIS));
		report.append(
				"| fault | how often | records | aborts | lost | records with sections disarmed | lost | kinds that lost |%n|---|---:|---:|---:|---:|---:|---:|---:|%n"
					.formatted());
		for (Fault fault : Fault.values()) {
			FaultRun run = runs.get(fault);
			if (run != null && run.exit() == 0) {
				report.append("| %s | %s | %,d | %,d | %,d | %,d | %,d | %d |%n".formatted(fault.description(),
						(run.happened() > 0) ? "%,d".formatted(run.happened()) : "",
						run.number(Sections.SHIPPED, "records") + run.number(Sections.DELAYED, "records"),
						run.number(Sections.SHIPPED, "aborts") + run.number(Sections.DELAYED, "aborts"),
						run.number(Sections.SHIPPED, "lost") + run.number(Sections.DELAYED, "lost"),
						run.number(Sections.DISARMED, "records"), run.number(Sections.DISARMED, "lost"),
						run.number(Sections.DISARMED, "kinds")));
			}
			else {
				report.append("| %s | not run: %s |%n".formatted(fault.description(),
						skipped.getOrDefault(fault, "it failed")));
			}
		}
		Files.writeString(Path.of("target", "faults.md"), report);
		Rseq.configure(RseqOptions.DEFAULTS);
	}

}
