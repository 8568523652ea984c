/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The behavioural self-test: does a section that is preempted on the same CPU abort? Kernel
 * versions and successful system calls prove nothing; Linux 6.19 to 7.0.13 on arm64 and some
 * emulators register, and do not abort.
 *
 * Two threads share one CPU. The victim stays inside a section in which it stores its mark
 * to a word and later looks whether the word still holds it. The disturber sleeps, and on
 * each waking preempts the victim and stores another mark. A victim that finds the other
 * mark without having been aborted has been betrayed. That holds on one CPU only: where either
 * thread was taken to another one (a container's cpuset may change at any time), nothing is
 * proven.
 */
#include "percpu.h"
#include "syscalls.h"

enum { WORD, STOP, CPU, DISTURBANCES, ABORTS, VIOLATIONS, MOVED };
enum { VICTIM = 1, DISTURBER = 2 };

/* Some 100 us per section: longer than the disturber sleeps, short for a safepoint. */
#define SPINS 200000
#define DISTURBER_SLEEP_NS 50000

/* Long enough for the disturber to say that it was moved. */
#define DOUBT_SLEEP_NS 2000000

#define EINVAL 22
#define EXDEV 18
#define ETIME 62

struct timespec64 {
	int64_t seconds;
	int64_t nanos;
};

static int64_t monotonic_nanos(void)
{
	enum { CLOCK_MONOTONIC = 1 };
	struct timespec64 now = { 0, 0 };
	percpu_syscall(SYS_clock_gettime, CLOCK_MONOTONIC, (int64_t) (uintptr_t) &now, 0, 0, 0, 0);
	return now.seconds * INT64_C(1000000000) + now.nanos;
}

static void nanosleep(int64_t nanos)
{
	struct timespec64 sleep = { 0, nanos };
	percpu_syscall(SYS_nanosleep, (int64_t) (uintptr_t) &sleep, 0, 0, 0, 0, 0);
}

static int64_t pin(int64_t cpu)
{
	uint64_t mask[PERCPU_MAX_CPUS / 64];
	for (int i = 0; i < PERCPU_MAX_CPUS / 64; i++) {
		((volatile uint64_t *) mask)[i] = 0;
	}
	mask[cpu / 64] = UINT64_C(1) << (cpu % 64);
	return percpu_syscall(SYS_sched_setaffinity, 0, sizeof(mask), (int64_t) (uintptr_t) mask, 0, 0, 0);
}

/*
 * Runs in a thread of its own, which it pins. Returns 0 when enough aborts were seen or a
 * violation was, a negated errno where it can't be pinned, -EXDEV where a thread was moved to
 * another CPU, -ETIME after so many nanoseconds. shared[] must be zero before.
 */
PERCPU_EXPORT int64_t percpu_selftest_victim(volatile int64_t *shared, int64_t wanted_aborts, int64_t nanos)
{
	int64_t deadline = monotonic_nanos() + nanos;
	int64_t cpu = percpu_cpu();
	int64_t result = (cpu >= 0 && cpu < PERCPU_MAX_CPUS) ? pin(cpu) : -EINVAL;
	if (result < 0) {
		__atomic_store_n(&shared[STOP], 1, __ATOMIC_SEQ_CST);
		return result;
	}
	__atomic_store_n(&shared[CPU], cpu + 1, __ATOMIC_SEQ_CST);
	result = 0;
	while (shared[VIOLATIONS] == 0 && (shared[ABORTS] < wanted_aborts || shared[DISTURBANCES] < wanted_aborts)) {
		int64_t outcome = percpu_canary(&shared[WORD], VICTIM, SPINS, percpu_here().rseq);
		if (outcome == 1) {
			shared[ABORTS]++;
		}
		else if (outcome == 2) {
			nanosleep(DOUBT_SLEEP_NS);
			if (percpu_cpu() != cpu || __atomic_load_n(&shared[MOVED], __ATOMIC_SEQ_CST) != 0) {
				result = -EXDEV;
				break;
			}
			shared[VIOLATIONS]++;
		}
		if (monotonic_nanos() > deadline) {
			result = -ETIME;
			break;
		}
	}
	__atomic_store_n(&shared[STOP], 1, __ATOMIC_SEQ_CST);
	return result;
}

/*
 * Runs in another thread of its own, which it pins to the victim's CPU, until the victim ends
 * or so many nanoseconds have passed.
 */
PERCPU_EXPORT int64_t percpu_selftest_disturber(volatile int64_t *shared, int64_t nanos)
{
	int64_t deadline = monotonic_nanos() + nanos;
	int64_t cpu = -1;
	while (__atomic_load_n(&shared[STOP], __ATOMIC_SEQ_CST) == 0 && monotonic_nanos() < deadline) {
		if (cpu >= 0) {
			int64_t before = percpu_cpu();
			if (before == cpu) {
				shared[WORD] = DISTURBER;
				shared[DISTURBANCES]++;
			}
			if (before != cpu || percpu_cpu() != cpu) {
				__atomic_store_n(&shared[MOVED], 1, __ATOMIC_SEQ_CST);
			}
		}
		else if (__atomic_load_n(&shared[CPU], __ATOMIC_SEQ_CST) != 0) {
			cpu = shared[CPU] - 1;
			int64_t result = pin(cpu);
			if (result < 0) {
				return result;
			}
		}
		nanosleep(DISTURBER_SLEEP_NS);
	}
	return 0;
}
