/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Epochs and past entries of a line, compared with a model step by step while signals abort
 * its sections. A thread that is pinned is alone with its signal handler on its CPU's line,
 * so the model knows in which order the epochs came.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "faults.h"

enum { MAX_THREADS = 8, BATCH = 64, HANDLED = 256, WINDOW = 4096, SIGNAL = SIGUSR2 };

struct entry {
	uint64_t epoch;
	int64_t value;
	/* For the handler's: during which of the batch's records. */
	int at;
	int recorded;
};

struct recorder {
	pthread_t thread;
	int cpu;
	enum operation operation;
	char *segment;
	int64_t deadline;
	/* The first one is the last of the batch before, for signals that come ahead of the next. */
	struct entry batch[1 + BATCH];
	volatile int current;
	struct entry handled[HANDLED];
	volatile int handled_size;
	/* The model. */
	int64_t count;
	int64_t total;
	int32_t epoch;
	int64_t max[WINDOW];
	int32_t of[WINDOW];
	int64_t records;
	int64_t signals;
	int64_t refused;
	struct result *result;
};

static __thread struct recorder *volatile self;

static void record_entry(struct recorder *recorder, struct entry *entry)
{
	int64_t slot = (int64_t) (intptr_t) recorder->segment + LINES + recorder->operation * LINE_BYTES;
	int32_t refused = (recorder->operation == RECORD_LONG) ? recording->record_long(slot, entry->value, entry->epoch)
			: recording->record_double(slot, (double) entry->value, entry->epoch);
	entry->recorded = !refused;
}

/* Records in the epoch of the record that it interrupts, so that their order makes no difference. */
static void record_in_handler(int signal)
{
	(void) signal;
	struct recorder *recorder = self;
	if (recorder != NULL && recorder->handled_size < HANDLED) {
		struct entry *entry = &recorder->handled[recorder->handled_size];
		*entry = recorder->batch[recorder->current];
		entry->at = recorder->current;
		entry->value = recorder->signals++ % 1000;
		record_entry(recorder, entry);
		recorder->handled_size++;
	}
}

static void model(struct recorder *recorder, const struct entry *entry)
{
	recorder->records++;
	if (!entry->recorded) {
		recorder->refused++;
		return;
	}
	int32_t given = (int32_t) (uint32_t) entry->epoch;
	if (given > recorder->epoch) {
		recorder->epoch = given;
	}
	int i = recorder->epoch % WINDOW;
	if (recorder->of[i] != recorder->epoch) {
		recorder->of[i] = recorder->epoch;
		recorder->max[i] = 0;
	}
	if (entry->value > recorder->max[i]) {
		recorder->max[i] = entry->value;
	}
	recorder->count++;
	recorder->total += entry->value;
}

static int64_t max_of(const struct recorder *recorder, int32_t epoch)
{
	return (epoch >= 0 && recorder->of[epoch % WINDOW] == epoch) ? recorder->max[epoch % WINDOW] : 0;
}

static int64_t past_of(const struct recorder *recorder, int32_t epoch)
{
	const char *line = recorder->segment + ((size_t) recorder->cpu << PERCPU_ROW_SHIFT) + LINES
			+ recorder->operation * LINE_BYTES;
	const char *entry = line + 48 + 8 * (epoch & (PAST - 1));
	if (recorder->operation == RECORD_LONG) {
		return *(const volatile int64_t *) entry;
	}
	return (int64_t) *(const volatile double *) entry;
}

static void check(struct recorder *recorder)
{
	struct reading line;
	read_line(recorder->segment, recorder->operation, recorder->cpu, &line);
	if (line.count != recorder->count || line.total != recorder->total || line.epoch != recorder->epoch
			|| line.max != max_of(recorder, line.epoch)) {
		recorder->result->lost += llabs(line.count - recorder->count);
		fail(recorder->result, "%s: count %lld of %lld, total %lld of %lld, epoch %d of %d",
				operation_names[recorder->operation], (long long) line.count, (long long) recorder->count,
				(long long) line.total, (long long) recorder->total, line.epoch, recorder->epoch);
	}
	for (int back = 1; back <= PAST && recorder->result->outcome == PASSED; back++) {
		if (past_of(recorder, line.epoch - back) != max_of(recorder, line.epoch - back)) {
			fail(recorder->result, "%s: the maximum of %d epochs ago is wrong", operation_names[recorder->operation], back);
		}
	}
}

static int storm(int32_t *timer)
{
	/* The kernel's struct sigevent: value, signal, SIGEV_THREAD_ID, thread. */
	struct {
		int64_t value;
		int32_t fields[14];
	} event = { 0, { SIGNAL, 4, thread_id() } };
	int64_t interval[4] = { 0, 20000, 0, 20000 };
	return syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, timer) == 0
			&& syscall(SYS_timer_settime, *timer, 0, interval, NULL) == 0;
}

static void *record(void *argument)
{
	struct recorder *recorder = argument;
	uint64_t random = 88172645463325252u + (uint64_t) recorder->cpu;
	uint32_t epoch = 0;
	int32_t timer;
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGNAL);
	if (!pin_to(0, recorder->cpu)) {
		give_up(recorder->result, "could not pin a thread");
	}
	recorder->batch[0].epoch = epoch_word(0);
	self = recorder;
	if (!storm(&timer)) {
		give_up(recorder->result, "could not start a timer");
	}
	while (now_nanos() < recorder->deadline && recorder->result->outcome == PASSED) {
		for (int i = 1; i <= BATCH; i++) {
			uint64_t r = next_random(&random);
			epoch += (r % 4 == 0) ? 1 : (r % 64 == 1) ? (uint32_t) (r >> 8) % 30 : 0;
			uint32_t late = ((r >> 16) % 8 == 0 && epoch > 20) ? (uint32_t) (r >> 24) % 20 : 0;
			recorder->batch[i].epoch = epoch_word(epoch - late);
			recorder->batch[i].value = (int64_t) (r >> 32) % 1000;
			/* A handler that sees the new number sees the entry, too. */
			__atomic_signal_fence(__ATOMIC_SEQ_CST);
			recorder->current = i;
			record_entry(recorder, &recorder->batch[i]);
		}
		pthread_sigmask(SIG_BLOCK, &signals, NULL);
		int handled = 0;
		for (int i = 0; i <= BATCH; i++) {
			if (i > 0) {
				model(recorder, &recorder->batch[i]);
			}
			while (handled < recorder->handled_size && recorder->handled[handled].at == i) {
				model(recorder, &recorder->handled[handled++]);
			}
		}
		recorder->handled_size = 0;
		recorder->batch[0] = recorder->batch[BATCH];
		recorder->current = 0;
		check(recorder);
		pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
	}
	syscall(SYS_timer_delete, timer);
	self = NULL;
	return NULL;
}

void test_epoch_model(struct result *result, double seconds)
{
	static struct recorder recorders[MAX_THREADS];
	if (sharding == PERCPU_MM_CID) {
		skip(result, "with mm_cid no thread is alone on its row");
		return;
	}
	int cpus[MAX_THREADS];
	int size = allowed_cpus(cpus, MAX_THREADS);
	struct sigaction action = { .sa_handler = record_in_handler, .sa_flags = SA_RESTART };
	sigaction(SIGNAL, &action, NULL);
	char *segment = map_segment();
	for (int i = 0; i < size; i++) {
		recorders[i].cpu = cpus[i];
		recorders[i].operation = (i % 2 == 0) ? RECORD_DOUBLE : RECORD_LONG;
		recorders[i].segment = segment;
		recorders[i].deadline = now_nanos() + (int64_t) (seconds * NANOS_PER_SECOND);
		recorders[i].result = result;
		pthread_create(&recorders[i].thread, NULL, record, &recorders[i]);
	}
	for (int i = 0; i < size; i++) {
		pthread_join(recorders[i].thread, NULL);
		result->operations += recorders[i].records;
		result->faults += recorders[i].signals;
	}
	result->aborts = total_aborts();
	result->fallback = total_fallback();
}
