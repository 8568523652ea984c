/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done to threads that record.
 */
#include <string.h>
#include "crew.h"

static void move_somebody(struct crew *crew)
{
	struct worker *worker = &crew->workers[next_random(&crew->random) % (uint64_t) crew->size];
	pid_t tid = __atomic_load_n(&worker->tid, __ATOMIC_ACQUIRE);
	int cpu = crew->cpus[next_random(&crew->random) % (uint64_t) crew->cpu_count];
	if (tid != 0 && pin_to(tid, cpu)) {
		crew->disturbances++;
	}
	sleep_nanos(100000);
}

void test_threads(struct result *result, double seconds)
{
	struct crew crew;
	prepare_crew(&crew, result, READERS, 6);
	run_crew(&crew, seconds, let_be);
}

void test_triple(struct result *result, double seconds)
{
	/* One writer for each CPU, so that the readers are often on another one. */
	struct crew crew;
	prepare_crew(&crew, result, READERS | STORM, 1);
	run_crew(&crew, seconds, let_be);
}

static void move_epoch(struct crew *crew)
{
	__atomic_fetch_add(&crew->epoch, (next_random(&crew->random) % 8 == 0) ? PAST + 2 : 1, __ATOMIC_RELAXED);
	move_somebody(crew);
}

void test_epochs(struct result *result, double seconds)
{
	struct crew crew;
	prepare_crew(&crew, result, READERS | STORM | LATE, 3);
	run_crew(&crew, seconds, move_epoch);
}

void test_yields(struct result *result, double seconds)
{
	struct crew crew;
	prepare_crew(&crew, result, YIELDS, 6);
	run_crew(&crew, seconds, let_be);
}

void test_signals(struct result *result, double seconds)
{
	struct crew crew;
	prepare_crew(&crew, result, STORM, 3);
	run_crew(&crew, seconds, let_be);
}

void test_affinity(struct result *result, double seconds)
{
	struct crew crew;
	prepare_crew(&crew, result, 0, 4);
	if (crew.cpu_count < 2) {
		skip(result, "there is one CPU only");
		return;
	}
	run_crew(&crew, seconds, move_somebody);
}

void test_oversubscription(struct result *result, double seconds)
{
	struct crew crew;
	prepare_crew(&crew, result, PRIORITIES, 16);
	run_crew(&crew, seconds, let_be);
	int64_t refused = 0;
	for (int i = 0; i < crew.size; i++) {
		refused += crew.workers[i].refused_priority;
	}
	if (refused != 0) {
		note(result, "%lld of %d threads were refused their priority", (long long) refused, crew.size);
	}
}

void test_pinned(struct result *result, double seconds)
{
	struct crew crew;
	prepare_crew(&crew, result, PINNED | STORM, 2);
	run_crew(&crew, seconds, let_be);
	/* It is not known whose the operations in the fallback row are; by mm_cid rows are nobody's. */
	for (int i = 0; i < crew.cpu_count && total_fallback() == 0 && sharding == PERCPU_CPU; i++) {
		struct tally here = { 0 };
		for (int w = i; w < crew.size; w += crew.cpu_count) {
			add_tally(&here, &crew.workers[w].tally);
			add_tally(&here, &crew.workers[w].handled);
		}
		for (int operation = 0; operation < OPERATIONS; operation++) {
			int64_t actual = found(crew.segment, operation, crew.cpus[i]);
			if (actual != here.done[operation]) {
				fail(result, "%s: %lld in the row of CPU %d, done there: %lld", operation_names[operation],
						(long long) actual, crew.cpus[i], (long long) here.done[operation]);
			}
		}
	}
}

static int next_point;

/* One point after the other, and then all of them at once. */
static void delay_somewhere(struct crew *crew)
{
	delay_everywhere(0);
	crew->disturbances++;
	if (!delay_at(next_point++, 500)) {
		delay_everywhere(50);
		next_point = 0;
	}
	sleep_nanos(2000000);
}

void test_delays(struct result *result, double seconds)
{
	if (!delay_at(0, 0)) {
		skip(result, "these are the sections as they are shipped, without injection points");
		return;
	}
	struct crew crew;
	prepare_crew(&crew, result, READERS | STORM, 3);
	run_crew(&crew, seconds, delay_somewhere);
}
