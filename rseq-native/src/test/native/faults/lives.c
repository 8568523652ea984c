/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that live shortly, and memory that nobody has touched.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include "faults.h"

/* What a thread does in its short life, and then in a destructor that runs after the library's. */
struct life {
	struct tally tally;
	struct tally ending;
};

static char *churned;
static pthread_key_t ending;

static void record_shortly(struct tally *tally)
{
	for (int i = 0; i < 2 * OPERATIONS; i++) {
		perform(churned, i % OPERATIONS, tally);
	}
}

static void end_late(void *argument)
{
	struct life *life = argument;
	record_shortly(&life->ending);
	/* Others begin meanwhile, with what the library has put back. */
	sleep_nanos(50000);
	record_shortly(&life->ending);
}

static void *live_shortly(void *argument)
{
	struct life *life = argument;
	pthread_setspecific(ending, life);
	record_shortly(&life->tally);
	return NULL;
}

static int64_t refused_records(const struct tally *tally)
{
	int64_t refused = 0;
	for (int i = RECORD_LONG; i < OPERATIONS; i++) {
		refused += tally->refused[i];
	}
	return refused;
}

void test_thread_churn(struct result *result, double seconds)
{
	enum { AT_ONCE = 16, STACK = 128 * 1024 };
	pthread_t threads[AT_ONCE];
	struct life lives[AT_ONCE];
	struct life sum = { 0 };
	int64_t deadline = now_nanos() + (int64_t) (seconds * NANOS_PER_SECOND);
	pthread_attr_t small;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK);
	pthread_key_create(&ending, end_late);
	churned = map_segment();
	memset(lives, 0, sizeof(lives));
	/* As soon as one has ended another one begins, so that some begin while others end. */
	for (int i = 0; now_nanos() < deadline || i % AT_ONCE != 0; i++) {
		int place = i % AT_ONCE;
		if (i >= AT_ONCE) {
			pthread_join(threads[place], NULL);
			add_tally(&sum.tally, &lives[place].tally);
			add_tally(&sum.ending, &lives[place].ending);
			memset(&lives[place], 0, sizeof(lives[place]));
		}
		if (pthread_create(&threads[place], &small, live_shortly, &lives[place]) != 0) {
			give_up(result, "could not start a thread");
			return;
		}
		result->faults++;
	}
	for (int place = 0; place < AT_ONCE; place++) {
		pthread_join(threads[place], NULL);
		add_tally(&sum.tally, &lives[place].tally);
		add_tally(&sum.ending, &lives[place].ending);
	}
	result->aborts = total_aborts();
	result->fallback = total_fallback();
	if (refused_records(&sum.tally) != 0 && result->aborts == 0) {
		fail(result, "%lld records of threads that were not registered", (long long) refused_records(&sum.tally));
	}
	if (registration == REGISTERED_BY_SELF && refused_records(&sum.ending) != result->faults * 4 * (OPERATIONS - RECORD_LONG)) {
		fail(result, "threads recorded on a CPU after they had been unregistered");
	}
	add_tally(&sum.tally, &sum.ending);
	verify(churned, &sum.tally, result);
}

/* Threads walk over segments that nobody has touched. */
enum { UNTOUCHED = 64, WALKERS = 4 };

static struct {
	char *segments[UNTOUCHED];
	struct tally tallies[WALKERS][UNTOUCHED];
} walk;

static void *walk_over(void *argument)
{
	struct tally *tallies = argument;
	for (int i = 0; i < UNTOUCHED; i++) {
		perform(walk.segments[i], i % OPERATIONS, &tallies[i]);
	}
	return NULL;
}

void test_first_touch(struct result *result, double seconds)
{
	int64_t deadline = now_nanos() + (int64_t) (seconds * NANOS_PER_SECOND);
	while (now_nanos() < deadline && result->outcome == PASSED) {
		memset(&walk, 0, sizeof(walk));
		for (int i = 0; i < UNTOUCHED; i++) {
			walk.segments[i] = map_segment();
		}
		pthread_t threads[WALKERS];
		for (int i = 0; i < WALKERS; i++) {
			pthread_create(&threads[i], NULL, walk_over, walk.tallies[i]);
		}
		for (int i = 0; i < WALKERS; i++) {
			pthread_join(threads[i], NULL);
		}
		for (int i = 0; i < UNTOUCHED; i++) {
			struct tally sum = { 0 };
			for (int w = 0; w < WALKERS; w++) {
				add_tally(&sum, &walk.tallies[w][i]);
			}
			verify(walk.segments[i], &sum, result);
			munmap(walk.segments[i], (size_t) (rows + 1) << PERCPU_ROW_SHIFT);
		}
		result->faults += UNTOUCHED;
	}
	result->aborts = total_aborts();
	result->fallback = total_fallback();
}
