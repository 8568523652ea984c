/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The self-test on this kernel, and on one that does not abort. Such kernels exist: Linux
 * 6.19 to 7.0.13 on arm64. It is simulated by taking the threads' registration away behind the
 * back of the sections.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>
#include "faults.h"

int64_t percpu_selftest_victim(volatile int64_t *shared, int64_t wanted_aborts, int64_t nanos);
int64_t percpu_selftest_disturber(volatile int64_t *shared, int64_t nanos);

/* What selftest.c puts there. */
enum { DISTURBANCES = 3, ABORTS = 4, VIOLATIONS = 5, WORDS = 64 };

enum { WANTED_ABORTS = 50 };

static const int64_t patience = 20 * NANOS_PER_SECOND;

static struct {
	volatile int64_t shared[WORDS];
	int cpu;
	int broken_kernel;
	int not_deceived;
	int64_t victim;
	int64_t disturber;
} canary;

static void settle(void)
{
	pin_to(0, canary.cpu);
	if (canary.broken_kernel && !deceive_thread(canary.cpu)) {
		canary.not_deceived = 1;
	}
}

static void *be_victim(void *argument)
{
	(void) argument;
	settle();
	canary.victim = percpu_selftest_victim(canary.shared, WANTED_ABORTS, patience);
	return NULL;
}

static void *be_disturber(void *argument)
{
	(void) argument;
	settle();
	canary.disturber = percpu_selftest_disturber(canary.shared, patience);
	return NULL;
}

static void run(struct result *result)
{
	pthread_t victim;
	pthread_t disturber;
	if (allowed_cpus(&canary.cpu, 1) != 1 || pthread_create(&disturber, NULL, be_disturber, NULL) != 0
			|| pthread_create(&victim, NULL, be_victim, NULL) != 0) {
		give_up(result, "could not start the threads");
		return;
	}
	pthread_join(victim, NULL);
	pthread_join(disturber, NULL);
	result->operations = canary.shared[ABORTS] + canary.shared[VIOLATIONS];
	result->aborts = canary.shared[ABORTS];
	result->faults = canary.shared[DISTURBANCES];
	note(result, "%lld violations", (long long) canary.shared[VIOLATIONS]);
}

void test_canary(struct result *result, double seconds)
{
	(void) seconds;
	run(result);
	if (canary.victim != 0 || canary.shared[VIOLATIONS] != 0 || canary.shared[ABORTS] < WANTED_ABORTS) {
		fail(result, "result %lld", (long long) canary.victim);
	}
}

void test_canary_broken_kernel(struct result *result, double seconds)
{
	(void) seconds;
	canary.broken_kernel = 1;
	run(result);
	if (canary.not_deceived || canary.victim != 0 || canary.shared[VIOLATIONS] == 0 || canary.shared[ABORTS] != 0) {
		fail(result, "a kernel that does not abort was not found out: result %lld", (long long) canary.victim);
	}
}
