package io.github.rseq.control;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import com.sun.jna.JNIEnv;

/**
 * The native functions of the control plane, as {@link NativeFunctions} maps them. What
 * each does is told in {@code control.c}, {@code fallback.c}, {@code process.c} and
 * {@code selftest.c}.
 */
interface NativeControl {

	int percpu_abi_version();

	void percpu_probe(long[] out);

	int percpu_init(int cpus, int registration, int sharding);

	int percpu_mode();

	int percpu_register();

	long percpu_map(long bytes);

	void percpu_clear(long address, long bytes);

	Object percpu_shared(JNIEnv env, Object object);

	void percpu_zero(long slot, long bytes);

	void percpu_read(long slot, long[] out);

	void percpu_statistics(long[] out, int rows);

	long percpu_selftest_victim(ByteBuffer shared, long wantedAborts, long nanos);

	long percpu_selftest_disturber(ByteBuffer shared, long nanos);

	void percpu_add_long_n(long slot, long delta, long n);

	void percpu_add_double_n(long slot, double delta, long n);

	void percpu_record_long_n(long slot, long value, long epoch, long n);

	/**
	 * The memory that the two threads of the self-test share.
	 */
	final class SelfTestMemory {

		private static final int STOP = 1;

		private static final int CPU = 2;

		private static final int DISTURBANCES = 3;

		private static final int ABORTS = 4;

		private static final int VIOLATIONS = 5;

		// Zero, and outside the heap.
		private final ByteBuffer memory = ByteBuffer.allocateDirect(64).order(ByteOrder.nativeOrder());

		long victim(NativeControl control, long wantedAborts, long nanos) {
			return control.percpu_selftest_victim(this.memory, wantedAborts, nanos);
		}

		long disturber(NativeControl control, long nanos) {
			return control.percpu_selftest_disturber(this.memory, nanos);
		}

		/**
		 * Ends the disturber where the victim could not.
		 */
		void stop() {
			this.memory.putLong(STOP * Long.BYTES, 1);
		}

		/**
		 * Lets two other threads go on, on a CPU that they choose.
		 */
		void beginAnew() {
			this.memory.putLong(STOP * Long.BYTES, 0);
			this.memory.putLong(CPU * Long.BYTES, 0);
		}

		long disturbances() {
			return this.memory.getLong(DISTURBANCES * Long.BYTES);
		}

		long aborts() {
			return this.memory.getLong(ABORTS * Long.BYTES);
		}

		long violations() {
			return this.memory.getLong(VIOLATIONS * Long.BYTES);
		}

	}

}
