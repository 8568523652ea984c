package io.github.rseq;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

import io.github.rseq.binding.ForeignCalls;
import io.github.rseq.control.DamagedLibrary;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class RseqTests {

	@BeforeEach
	void useDefaults() {
		RseqAssumptions.useAny();
	}

	@AfterAll
	static void restoreDefaults() {
		Rseq.configure(RseqOptions.DEFAULTS);
	}

	@Test
	void takesTheFastestDependableBinding() {
		RseqStatus status = Rseq.status();
		PerCpuLongAdder adder = new PerCpuLongAdder();
		adder.add(3);
		assertThat(adder.sum()).isEqualTo(3);
		if (ForeignCalls.isDependable()) {
			assertThat(status.binding()).isEqualTo(Binding.FOREIGN);
			assertThat(status.adders()).isEqualTo(AdderCells.PER_CPU);
			assertThat(adder.perCpu()).contains(3);
		}
		else {
			assertThat(status.binding()).isEqualTo(Binding.JNI);
			assertThat(status.adders()).isEqualTo(AdderCells.JAVA);
			assertThat(adder.fallback()).isEqualTo(3);
		}
		assertThat(status.state()).isEqualTo(RseqState.ACTIVE);
		assertThat(CurrentCpu.get()).isNotNegative();
	}

	@Test
	void theSwitchAloneDoesNotProbeAgain() {
		RseqStatus before = Rseq.status();
		RseqStatus off = Rseq.configure(RseqOptions.DEFAULTS.withEnabled(false));
		assertThat(off.state()).isEqualTo(RseqState.DISABLED);
		assertThat(off.enabled()).isFalse();
		assertThat(off.adders()).isEqualTo(AdderCells.JAVA);
		assertThat(off.availability()).isSameAs(before.availability());
		assertThat(Rseq.configure(RseqOptions.DEFAULTS).availability()).isSameAs(before.availability());
	}

	@Test
	void probesAgainWhenAsked() {
		RseqStatus before = Rseq.status();
		Rseq.setEnabled(false);
		RseqStatus after = Rseq.probe();
		assertThat(after.availability()).isNotSameAs(before.availability());
		assertThat(after.availability().available()).isTrue();
		assertThat(after.state()).isEqualTo(RseqState.DISABLED);
		assertThat(after.binding()).isEqualTo(before.binding());
	}

	@Test
	void anInterruptOutlastsTheProbe() {
		Thread.currentThread().interrupt();
		RseqStatus status = Rseq.probe();
		assertThat(Thread.interrupted()).isTrue();
		assertThat(status.availability().available()).isTrue();
	}

	@Test
	void sumsOutlastTheLossOfRseq(@TempDir Path directory) {
		PerCpuLongAdder longs = new PerCpuLongAdder();
		PerCpuDoubleAdder doubles = new PerCpuDoubleAdder();
		longs.add(1);
		doubles.add(1);
		RseqStatus status = Rseq.configure(RseqOptions.DEFAULTS.withLibrary(directory.resolve("none.so")));
		assertThat(status.state()).isEqualTo(RseqState.FALLBACK);
		assertThatExceptionOfType(RseqUnavailableException.class).isThrownBy(Rseq::ensureAvailable)
			.matches((ex) -> ex.reason() == UnavailabilityReason.NATIVE_LIBRARY_MISSING)
			.withMessageContaining(UnavailabilityReason.NATIVE_LIBRARY_MISSING.sentence());
		longs.add(10);
		doubles.add(10);
		assertThat(CurrentCpu.get()).isEqualTo(-1);
		assertThat(longs.sum()).isEqualTo(11);
		assertThat(doubles.sum()).isEqualTo(11);
	}

	@Test
	void jniStaysWithItsFirstLibrary(@TempDir Path directory) throws Exception {
		Path copy = Files.write(directory.resolve("copy.so"), DamagedLibrary.intact());
		Properties result = new ChildJvm(StatusMain.class)
			.arguments("JNI", "-", "-", "JNI", copy, "-", "JNA", copy, "-")
			.run();
		assertThat(result).as(result.getProperty("output"))
			.containsEntry("state.0", "ACTIVE")
			.containsEntry("reason.1", "BINDING_UNAVAILABLE")
			.containsEntry("sum.1", "5")
			.containsEntry("state.2", "ACTIVE")
			.containsEntry("sum.2", "5");
	}

}
