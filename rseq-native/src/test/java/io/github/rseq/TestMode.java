package io.github.rseq;

import io.github.rseq.control.NativeLibrary;

/**
 * Who registers and what numbers rows in a JVM that runs tests. A process has one mode
 * for good, so other ones take a {@link ChildJvm}.
 *
 * @param registration who registers, {@code null} for whoever can
 * @param sharding what numbers rows
 */
record TestMode(Registration registration, Sharding sharding) {

	private static final String REGISTRATION = "rseq.test.registration";

	private static final String SHARDING = "rseq.test.sharding";

	/**
	 * The mode of this JVM.
	 */
	static TestMode current() {
		String registration = System.getProperty(REGISTRATION);
		return new TestMode((registration != null) ? Registration.valueOf(registration) : null,
				Sharding.valueOf(System.getProperty(SHARDING, "CPU")));
	}

	/**
	 * Gives a JVM this mode. Nobody but us registers in it where we are to.
	 */
	ChildJvm applyTo(ChildJvm child) {
		if (this.registration != null) {
			child.options("-D" + REGISTRATION + "=" + this.registration);
		}
		if (this.registration == Registration.SELF) {
			child.environment("GLIBC_TUNABLES", "glibc.pthread.rseq=0");
		}
		return child.options("-D" + SHARDING + "=" + this.sharding);
	}

	boolean isByCpu() {
		return this.sharding == Sharding.CPU;
	}

	RseqOptions options() {
		return RseqOptions.DEFAULTS.withRegistration(this.registration).withSharding(this.sharding);
	}

	NativeLibrary.Mode forLibrary() {
		return new NativeLibrary.Mode(this.registration == Registration.SELF, this.sharding == Sharding.MM_CID);
	}

}
