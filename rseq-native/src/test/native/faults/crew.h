/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A crew of threads that do all operations on the same cells, while something is done to them.
 */
#ifndef CREW_H
#define CREW_H

#include <pthread.h>
#include "faults.h"

enum { MAX_CPUS_USED = 64, MAX_READERS = 2 };

/* What the threads do to themselves. */
enum {
	YIELDS = 1, STORM = 2, PINNED = 4, PRIORITIES = 8, READERS = 16, LATE = 32
};

struct crew;

struct worker {
	struct crew *crew;
	pthread_t thread;
	pid_t tid;
	int index;
	int cpu;
	struct tally tally;
	/* Of the signal handlers on this thread. */
	struct tally handled;
	int64_t signals;
	int64_t refused_priority;
};

struct reader {
	struct crew *crew;
	pthread_t thread;
	int64_t readings;
	/* A total or a maximum of another moment than the count, or a count or epoch that went back. */
	int64_t torn;
};

struct crew {
	char *segment;
	int kinds;
	int stop;
	int size;
	struct worker *workers;
	struct reader readers[MAX_READERS];
	int cpu_count;
	int cpus[MAX_CPUS_USED];
	uint64_t random;
	struct result *result;
	/* The number of the time window, as a ticker of the Java side would tell. */
	uint32_t epoch;
	/* How often disturb did something. */
	int64_t disturbances;
};

/* One thread per CPU and more; not started yet. */
void prepare_crew(struct crew *crew, struct result *result, int kinds, int threads_per_cpu);

/*
 * Starts the crew, disturbs it again and again for so long, and compares the sums with what
 * each thread, and each signal handler, knows it did.
 */
void run_crew(struct crew *crew, double seconds, void (*disturb)(struct crew *crew));

/* Disturbs nobody. */
void let_be(struct crew *crew);

#endif
