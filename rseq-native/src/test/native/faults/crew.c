/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "crew.h"

enum { STORM_SIGNAL = SIGUSR1 };

static int stopped(const struct crew *crew)
{
	return __atomic_load_n(&crew->stop, __ATOMIC_ACQUIRE);
}

static uint64_t current_epoch(const struct crew *crew)
{
	return epoch_word(__atomic_load_n(&crew->epoch, __ATOMIC_RELAXED));
}

/* ---- Signals ------------------------------------------------------------------------- */

/* The kernel's struct sigevent: SIGEV_THREAD_ID has a different spelling in each libc. */
struct kernel_sigevent {
	int64_t value;
	int32_t signal;
	int32_t notify;
	int32_t tid;
	int32_t padding[11];
};

enum { KERNEL_SIGEV_THREAD_ID = 4 };

static __thread struct worker *volatile self;

static void record_in_handler(int signal)
{
	(void) signal;
	struct worker *worker = self;
	if (worker != NULL) {
		int saved = errno;
		perform_by(recording, worker->crew->segment, worker->signals % OPERATIONS, current_epoch(worker->crew), &worker->handled);
		worker->signals++;
		errno = saved;
	}
}

static int start_storm(int32_t *timer, int64_t nanos)
{
	struct kernel_sigevent event = { .signal = STORM_SIGNAL, .notify = KERNEL_SIGEV_THREAD_ID, .tid = thread_id() };
	int64_t interval[4] = { 0, nanos, 0, nanos };
	return syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, timer) == 0
			&& syscall(SYS_timer_settime, *timer, 0, interval, NULL) == 0;
}

static void handle_storm(void)
{
	struct sigaction action = { .sa_handler = record_in_handler, .sa_flags = SA_RESTART };
	sigaction(STORM_SIGNAL, &action, NULL);
}

/* ---- The threads --------------------------------------------------------------------- */

static void take_priority(struct worker *worker)
{
	struct sched_param first = { .sched_priority = 1 };
	struct sched_param none = { .sched_priority = 0 };
	long result = 0;
	switch (worker->index % 4) {
		case 1:
			result = setpriority(PRIO_PROCESS, (id_t) thread_id(), 19);
			break;
		case 2:
			/* By system call: musl has no such function. */
			result = syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &first);
			break;
		case 3:
			result = syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &none);
			break;
		default:
			break;
	}
	worker->refused_priority = result != 0;
}

static void interrupt_oneself(uint64_t *random)
{
	switch (next_random(random) % 64) {
		case 0:
			sleep_nanos(1000);
			break;
		case 1: case 2:
			raise(STORM_SIGNAL);
			break;
		default:
			sched_yield();
			break;
	}
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	struct crew *crew = worker->crew;
	int32_t timer = -1;
	uint64_t random = 88172645463325252u + (uint64_t) worker->index;
	__atomic_store_n(&worker->tid, thread_id(), __ATOMIC_RELEASE);
	if ((crew->kinds & PINNED) && !pin_to(0, worker->cpu)) {
		give_up(crew->result, "could not pin a thread");
	}
	if (crew->kinds & PRIORITIES) {
		take_priority(worker);
	}
	self = worker;
	if ((crew->kinds & STORM) && !start_storm(&timer, 10000 + (int64_t) (next_random(&random) % 40000))) {
		give_up(crew->result, "could not start a timer: errno %d", errno);
	}
	int64_t round = 0;
	int64_t began = now_nanos();
	/* Once at least: on a busy machine the crew may be stopped before this thread first runs. */
	do {
		uint64_t epoch = current_epoch(crew);
		if ((crew->kinds & LATE) && round % 64 == 0) {
			sleep_nanos(300000);
		}
		for (int i = 0; i < 8 * OPERATIONS; i++) {
			perform_by(recording, crew->segment, (i + worker->index) % OPERATIONS, epoch, &worker->tally);
			if ((crew->kinds & YIELDS) && i % 8 == 0) {
				interrupt_oneself(&random);
			}
		}
		int64_t used = (crew->kinds & PRIORITIES) ? now_nanos() - began : 0;
		if (worker->index % 4 == 2 && used > 100000) {
			/* A thread of SCHED_FIFO would keep all others from its CPU. */
			sleep_nanos(8 * used);
			began = now_nanos();
		}
		round++;
	}
	while (!stopped(crew));
	if (timer >= 0) {
		syscall(SYS_timer_delete, timer);
	}
	self = NULL;
	return NULL;
}

static void *read_all_the_time(void *argument)
{
	struct reader *reader = argument;
	struct crew *crew = reader->crew;
	struct reading (*last)[OPERATIONS] = calloc((size_t) rows, sizeof(*last));
	while (!stopped(crew)) {
		for (int row = 0; row < rows; row++) {
			for (int operation = RECORD_LONG; operation < OPERATIONS; operation++) {
				struct reading line;
				struct reading *before = &last[row][operation];
				read_line(crew->segment, operation, row, &line);
				reader->readings++;
				reader->torn += line.total != line.count * VALUE || line.max != (line.count ? VALUE : 0)
						|| line.count < before->count || line.epoch < before->epoch;
				*before = line;
			}
		}
	}
	free(last);
	return NULL;
}

void prepare_crew(struct crew *crew, struct result *result, int kinds, int threads_per_cpu)
{
	memset(crew, 0, sizeof(*crew));
	crew->result = result;
	crew->kinds = kinds;
	crew->cpu_count = allowed_cpus(crew->cpus, MAX_CPUS_USED);
	crew->random = 2463534242u;
	crew->segment = map_segment();
	crew->size = threads_per_cpu * crew->cpu_count;
	crew->workers = calloc((size_t) crew->size, sizeof(*crew->workers));
	handle_storm();
	for (int i = 0; i < crew->size; i++) {
		crew->workers[i].crew = crew;
		crew->workers[i].index = i;
		crew->workers[i].cpu = crew->cpus[i % crew->cpu_count];
	}
}

static void start(struct crew *crew)
{
	for (int i = 0; i < crew->size; i++) {
		if (pthread_create(&crew->workers[i].thread, NULL, work, &crew->workers[i]) != 0) {
			give_up(crew->result, "could not start thread %d", i);
			crew->size = i;
		}
	}
	for (int i = 0; i < MAX_READERS && (crew->kinds & READERS); i++) {
		crew->readers[i].crew = crew;
		pthread_create(&crew->readers[i].thread, NULL, read_all_the_time, &crew->readers[i]);
	}
}

static void finish(struct crew *crew)
{
	struct result *result = crew->result;
	struct tally sum = { 0 };
	__atomic_store_n(&crew->stop, 1, __ATOMIC_RELEASE);
	int64_t signals = 0;
	for (int i = 0; i < crew->size; i++) {
		pthread_join(crew->workers[i].thread, NULL);
		add_tally(&sum, &crew->workers[i].tally);
		add_tally(&sum, &crew->workers[i].handled);
		signals += crew->workers[i].signals;
	}
	int64_t torn = 0;
	int64_t readings = 0;
	for (int i = 0; i < MAX_READERS && (crew->kinds & READERS); i++) {
		pthread_join(crew->readers[i].thread, NULL);
		readings += crew->readers[i].readings;
		torn += crew->readers[i].torn;
	}
	result->faults += signals + crew->disturbances;
	if (crew->kinds & READERS) {
		note(result, "%lld readings, %lld torn", (long long) readings, (long long) torn);
	}
	verify(crew->segment, &sum, result);
	if (torn != 0) {
		fail(result, "%lld of %lld readings torn", (long long) torn, (long long) readings);
	}
	result->aborts = total_aborts();
	result->fallback = total_fallback();
}

void run_crew(struct crew *crew, double seconds, void (*disturb)(struct crew *))
{
	int64_t deadline = now_nanos() + (int64_t) (seconds * NANOS_PER_SECOND);
	start(crew);
	while (now_nanos() < deadline && crew->result->outcome == PASSED) {
		disturb(crew);
	}
	finish(crew);
}

void let_be(struct crew *crew)
{
	(void) crew;
	sleep_nanos(5000000);
}

int recording_is_exact(double seconds)
{
	struct result result = { 0 };
	struct crew crew;
	prepare_crew(&crew, &result, STORM, 2);
	run_crew(&crew, seconds, let_be);
	return result.outcome == PASSED;
}
