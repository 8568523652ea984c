/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How this process records, and the few things of Linux that the tests need.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "faults.h"

void percpu_statistics(int64_t *out, int32_t rows);
void percpu_probe(int64_t *out);

#ifndef SYS_rseq
#if defined(__x86_64__)
#define SYS_rseq 334
#else
#define SYS_rseq 293
#endif
#endif

#if defined(__x86_64__)
#define SIGNATURE 0x53053053
#else
#define SIGNATURE 0xd428bc00
#endif

#define RECORDING(prefix) { \
	prefix##add_long_local, prefix##add_double_local, prefix##record_long_local, prefix##record_double_local, \
	prefix##record_buckets_long_local, prefix##record_buckets_double_local \
}

static const struct recording by_cpu = RECORDING(percpu_);
static const struct recording by_mm_cid = RECORDING(percpu_cid_);
const struct recording recording_after_abort = RECORDING(percpu_self_);

int rows;
const struct recording *recording;
enum registration registration = REGISTER_AUTO;
int sharding = PERCPU_CPU;

/* One more than the highest possible CPU; libc may know only those that this thread may use. */
int possible_cpus(void)
{
	char line[256] = "";
	FILE *file = fopen("/sys/devices/system/cpu/possible", "re");
	if (file != NULL) {
		if (fgets(line, sizeof(line), file) == NULL) {
			line[0] = 0;
		}
		fclose(file);
	}
	const char *last = strrchr(line, '-');
	const char *comma = strrchr(line, ',');
	if (comma > last) {
		last = comma;
	}
	int highest = atoi((last != NULL) ? last + 1 : line);
	int configured = (int) sysconf(_SC_NPROCESSORS_CONF);
	return (highest + 1 > configured) ? highest + 1 : configured;
}

int start_recording(void)
{
	if (registration == REGISTER_AUTO) {
		int64_t probe[7];
		percpu_probe(probe);
		registration = probe[0] ? REGISTERED_BY_LIBC : REGISTERED_BY_SELF;
	}
	rows = percpu_init(possible_cpus(), (int32_t) registration, sharding);
	recording = (registration == REGISTERED_BY_SELF) ? &recording_after_abort
			: (sharding == PERCPU_MM_CID) ? &by_mm_cid : &by_cpu;
	return (rows < 0) ? rows : 0;
}

static uintptr_t thread_pointer(void)
{
	uintptr_t tp;
#if defined(__x86_64__)
	__asm__ volatile("movq %%fs:0, %0" : "=r"(tp));
#else
	__asm__ volatile("mrs %0, tpidr_el0" : "=r"(tp));
#endif
	return tp;
}

struct kernel_rseq *thread_area(void)
{
	return (struct kernel_rseq *) (thread_pointer() + (uintptr_t) percpu_here().rseq);
}

long unregister_thread(void)
{
	enum { FEATURE_SIZE = 27, UNREGISTER = 1 };
	/* Whoever registered does not tell: the original length, or that of the kernel's features. */
	long lengths[] = { 32, (long) getauxval(FEATURE_SIZE) };
	for (int i = 0; i < 2; i++) {
		if (syscall(SYS_rseq, thread_area(), lengths[i], UNREGISTER, SIGNATURE) == 0) {
			return lengths[i];
		}
	}
	return 0;
}

int register_thread_again(long length)
{
	return syscall(SYS_rseq, thread_area(), length, 0, SIGNATURE) == 0;
}

int deceive_thread(int cpu)
{
	volatile struct kernel_rseq *area = thread_area();
	if (unregister_thread() == 0) {
		return 0;
	}
	area->rseq_cs = 0;
	area->cpu_id = cpu;
	area->mm_cid = cpu;
	return 1;
}

int allowed_cpus(int *cpus, int limit)
{
	cpu_set_t *mask = CPU_ALLOC(PERCPU_MAX_CPUS);
	size_t bytes = CPU_ALLOC_SIZE(PERCPU_MAX_CPUS);
	int found = 0;
	memset(mask, 0, bytes);
	if (sched_getaffinity(0, bytes, mask) == 0) {
		for (int cpu = 0; cpu < PERCPU_MAX_CPUS && found < limit; cpu++) {
			if (CPU_ISSET_S(cpu, bytes, mask)) {
				cpus[found++] = cpu;
			}
		}
	}
	CPU_FREE(mask);
	return found;
}

int pin_to(pid_t tid, int cpu)
{
	uint64_t mask[PERCPU_MAX_CPUS / 64] = { 0 };
	mask[cpu / 64] = UINT64_C(1) << (cpu % 64);
	return syscall(SYS_sched_setaffinity, tid, sizeof(mask), mask) == 0;
}

int64_t now_nanos(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NANOS_PER_SECOND + now.tv_nsec;
}

void sleep_nanos(int64_t nanos)
{
	struct timespec time = { nanos / NANOS_PER_SECOND, nanos % NANOS_PER_SECOND };
	nanosleep(&time, NULL);
}

pid_t thread_id(void)
{
	return (pid_t) syscall(SYS_gettid);
}

/* Marsaglia's xorshift: the tests need variety, and the same one in each run. */
uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Columns of percpu_statistics: migrated, preempted or signalled, early, fallback. */
static int64_t statistics_sum(int first, int last)
{
	int64_t *all = calloc((size_t) rows + 1, 4 * sizeof(*all));
	int64_t sum = 0;
	percpu_statistics(all, rows);
	for (int row = 0; row <= rows; row++) {
		for (int column = first; column <= last; column++) {
			sum += all[4 * row + column];
		}
	}
	free(all);
	return sum;
}

int64_t total_aborts(void)
{
	return statistics_sum(0, 2);
}

int64_t total_fallback(void)
{
	return statistics_sum(3, 3);
}

void mode_arguments(const char *mode, char **arguments)
{
	static char registered[] = { '0', 0 };
	static char sharded[] = { '0', 0 };
	registered[0] = (char) ('0' + registration);
	sharded[0] = (char) ('0' + sharding);
	char *all[MODE_ARGUMENTS] = {
		(char *) own_path, "--registration", registered, "--sharding", sharded, "--mode", (char *) mode, NULL
	};
	memcpy(arguments, all, sizeof(all));
}

void exec_mode(const char *mode)
{
	char *arguments[MODE_ARGUMENTS];
	mode_arguments(mode, arguments);
	execv("/proc/self/exe", arguments);
	execv(own_path, arguments);
}
