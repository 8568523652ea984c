package io.github.rseq;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;

import io.github.rseq.RseqStatus.Availability;
import io.github.rseq.binding.ForeignCalls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Chooses a binding, and skips a test where the machine has no rseq for it. A reason that
 * only a mistake of ours can bring about fails the test instead.
 */
public final class RseqAssumptions {

	private static final Set<UnavailabilityReason> OF_THE_MACHINE = EnumSet.of(UnavailabilityReason.UNSUPPORTED_OS,
			UnavailabilityReason.UNSUPPORTED_ARCHITECTURE, UnavailabilityReason.NATIVE_LIBRARY_MISSING,
			UnavailabilityReason.LIBC_WITHOUT_RSEQ, UnavailabilityReason.LIBC_REGISTRATION_DISABLED,
			UnavailabilityReason.KERNEL_WITHOUT_RSEQ, UnavailabilityReason.SYSCALL_BLOCKED,
			UnavailabilityReason.SELF_TEST_INCONCLUSIVE);

	private RseqAssumptions() {
	}

	/**
	 * Configures a binding and turns the switch on.
	 */
	public static void use(Binding binding) {
		if (binding == Binding.FOREIGN) {
			String unsupported = ForeignCalls.unsupported();
			assumeTrue(unsupported == null, unsupported);
		}
		RseqStatus status = Rseq.configure(TestMode.current().options().withBinding(binding));
		if (binding == Binding.NONE) {
			assertThat(status.availability().reason()).isEqualTo(UnavailabilityReason.BINDING_NONE);
			return;
		}
		assumeAvailable(status.availability());
		assertThat(status.binding()).isEqualTo(binding);
	}

	/**
	 * Configures the default binding and turns the switch on.
	 */
	public static void useAny() {
		assumeAvailable(Rseq.configure(TestMode.current().options()).availability());
	}

	private static boolean wasBuilt() {
		Path list = Path.of("target/native-test/built.txt");
		String host = "linux-" + System.getProperty("os.arch").replace("amd64", "x86_64");
		try {
			return Files.exists(list) && Files.readAllLines(list).contains(host);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void assumeAvailable(Availability availability) {
		UnavailabilityReason reason = availability.reason();
		if (reason != null) {
			assertThat(OF_THE_MACHINE).as("%s %s", reason.sentence(), availability.detail()).contains(reason);
			if (reason == UnavailabilityReason.NATIVE_LIBRARY_MISSING) {
				assertThat(wasBuilt()).as("the library was built, but is not on the class path").isFalse();
			}
			assumeTrue(false, reason.sentence() + " " + availability.detail());
		}
	}

}
