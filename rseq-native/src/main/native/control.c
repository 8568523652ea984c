/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control plane: probing, start, memory, reading. Called through JNA (and the readers
 * through the recording bindings too), never while a meter is recorded to.
 */
#include <stddef.h>
#include "percpu.h"
#include "syscalls.h"

PERCPU_EXPORT int32_t percpu_abi_version(void)
{
	return PERCPU_ABI_VERSION;
}

/*
 * Maps a segment of so many bytes: private, zero, not reserved, without huge pages (one
 * would touch the rows of 32 CPUs at once, and on one NUMA node). Never unmapped. Returns
 * its address or a negated errno.
 */
PERCPU_EXPORT int64_t percpu_map(int64_t bytes)
{
	enum { PROT_READ_WRITE = 3, MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x4022, MADV_NOHUGEPAGE = 15,
		PR_SET_VMA = 0x53564d41, PR_SET_VMA_ANON_NAME = 0 };
	int64_t address = percpu_syscall(SYS_mmap, 0, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0);
	if (address < 0 && address >= -4095) {
		return address;
	}
	/* Both may fail on kernels built without them, and nothing depends on them. */
	percpu_syscall(SYS_madvise, address, bytes, MADV_NOHUGEPAGE, 0, 0, 0);
	percpu_syscall(SYS_prctl, PR_SET_VMA, PR_SET_VMA_ANON_NAME, address, bytes, (int64_t) (uintptr_t) "rseq per-CPU", 0);
	return address;
}

static const char *cell_in_row(int64_t slot, uint32_t row)
{
	return (const char *) (slot + ((int64_t) row << PERCPU_ROW_SHIFT));
}

/* The sum over all CPUs' rows and the fallback row; each cell is read once, untorn. */
PERCPU_EXPORT int64_t percpu_sum_long(int64_t slot)
{
	uint64_t sum = 0;
	for (uint32_t row = 0; row <= percpu_cpu_count; row++) {
		sum += *(const volatile uint64_t *) cell_in_row(slot, row);
	}
	return (int64_t) sum;
}

PERCPU_EXPORT double percpu_sum_double(int64_t slot)
{
	double sum = 0;
	for (uint32_t row = 0; row <= percpu_cpu_count; row++) {
		sum += *(const volatile double *) cell_in_row(slot, row);
	}
	return sum;
}

/* Copies the bits of the cells of all CPUs' rows and of the fallback row behind them. */
PERCPU_EXPORT void percpu_read(int64_t slot, int64_t *out)
{
	for (uint32_t row = 0; row <= percpu_cpu_count; row++) {
		out[row] = *(const volatile int64_t *) cell_in_row(slot, row);
	}
}

/*
 * Zeroes so many bytes of a slot in all rows. Only for a slot that nobody can write to any
 * more: a section that runs meanwhile would bring its cell back. Cells that are zero are not
 * written, so that pages stay untouched.
 */
PERCPU_EXPORT void percpu_zero(int64_t slot, int64_t bytes)
{
	for (uint32_t row = 0; row <= percpu_cpu_count; row++) {
		volatile int64_t *cell = (volatile int64_t *) cell_in_row(slot, row);
		for (int64_t i = 0; i < bytes / 8; i++) {
			if (cell[i] != 0) {
				cell[i] = 0;
			}
		}
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/*
 * Adds delta n times: the floor that the benchmarks compare Java's calls with.
 */
PERCPU_EXPORT void percpu_add_long_n(int64_t slot, int64_t delta, int64_t n)
{
	for (int64_t i = 0; i < n; i++) {
		PERCPU_RECORDING_OF(add_long_local)(slot, delta);
	}
}

PERCPU_EXPORT void percpu_add_double_n(int64_t slot, double delta, int64_t n)
{
	for (int64_t i = 0; i < n; i++) {
		PERCPU_RECORDING_OF(add_double_local)(slot, delta);
	}
}

PERCPU_EXPORT void percpu_record_long_n(int64_t slot, int64_t value, uint64_t epoch, int64_t n)
{
	for (int64_t i = 0; i < n; i++) {
		PERCPU_RECORDING_OF(record_long_local)(slot, value, epoch);
	}
}
