/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The behavioural self-test: does a section that is preempted on the same CPU abort? Kernel
 * versions and successful system calls prove nothing; Linux 6.19 to 7.0.13 on arm64 and some
 * emulators register, and do not abort.
 *
 * Two threads share one CPU. The victim stays inside a section in which it stores its mark
 * to a word and later looks whether the word still holds it. The disturber sleeps, and on
 * each waking preempts the victim and stores another mark. A victim that finds the other
 * mark without having been aborted has been betrayed. Both store in sections that look at
 * the CPU, since a container's cpuset may change at any time: a thread that was taken to
 * another CPU ends the attempt, and no move makes a good kernel look bad.
 */
#include "percpu.h"
#include "syscalls.h"

enum { WORD, STOP, CPU, DISTURBANCES, ABORTS, VIOLATIONS };
enum { VICTIM = 1, DISTURBER = 2 };

/* Some 100 us per section: longer than the disturber sleeps, short for a safepoint. */
#define SPINS 200000
#define DISTURBER_SLEEP_NS 50000

#define ENXIO 6
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

static int64_t end(volatile int64_t *shared, int64_t result)
{
	__atomic_store_n(&shared[STOP], 1, __ATOMIC_SEQ_CST);
	return result;
}

static int is_over(volatile int64_t *shared)
{
	return __atomic_load_n(&shared[STOP], __ATOMIC_SEQ_CST) != 0;
}

/*
 * Runs in a thread of its own, which it pins. Returns 0 when enough aborts were seen, or a
 * violation was, or the disturber has ended; -ENXIO where this thread has no CPU number, a
 * negated errno where it can't be pinned (-EINVAL where the CPU has just been taken from it),
 * -EXDEV where it was moved to another CPU, -ETIME after so many nanoseconds. shared[] must be
 * zero before, but for what an attempt before this one has counted.
 */
PERCPU_EXPORT int64_t percpu_selftest_victim(volatile int64_t *shared, int64_t wanted_aborts, int64_t nanos)
{
	int64_t deadline = monotonic_nanos() + nanos;
	int64_t cpu = percpu_cpu();
	int64_t result = (cpu >= 0 && cpu < PERCPU_MAX_CPUS) ? pin(cpu) : -ENXIO;
	if (result < 0) {
		return end(shared, result);
	}
	__atomic_store_n(&shared[CPU], cpu + 1, __ATOMIC_SEQ_CST);
	while (!is_over(shared) && (shared[ABORTS] < wanted_aborts || shared[DISTURBANCES] < wanted_aborts)) {
		switch (percpu_canary(&shared[WORD], VICTIM, cpu, percpu_here().rseq, SPINS)) {
		case PERCPU_ABORTED:
			shared[ABORTS]++;
			break;
		case PERCPU_NOT_ABORTED:
			shared[VIOLATIONS]++;
			return end(shared, 0);
		case PERCPU_ELSEWHERE:
			return end(shared, -EXDEV);
		}
		if (monotonic_nanos() > deadline) {
			return end(shared, -ETIME);
		}
	}
	return end(shared, 0);
}

/*
 * Runs in another thread of its own, which it pins to the victim's CPU, until the victim ends
 * or so many nanoseconds have passed. Returns 0, -ENXIO where this thread has no CPU number, a
 * negated errno where it can't be pinned, or -EXDEV where it was moved to another CPU.
 */
PERCPU_EXPORT int64_t percpu_selftest_disturber(volatile int64_t *shared, int64_t nanos)
{
	int64_t deadline = monotonic_nanos() + nanos;
	int64_t cpu = -1;
	while (!is_over(shared) && monotonic_nanos() < deadline) {
		if (cpu >= 0) {
			int64_t outcome = percpu_mark(&shared[WORD], DISTURBER, cpu, percpu_here().rseq);
			if (outcome == PERCPU_ELSEWHERE) {
				return end(shared, -EXDEV);
			}
			shared[DISTURBANCES] += (outcome == PERCPU_DONE);
		}
		else if (__atomic_load_n(&shared[CPU], __ATOMIC_SEQ_CST) != 0) {
			cpu = shared[CPU] - 1;
			int64_t result = (percpu_cpu() >= 0) ? pin(cpu) : -ENXIO;
			if (result < 0) {
				return end(shared, result);
			}
		}
		nanosleep(DISTURBER_SLEEP_NS);
	}
	return 0;
}
