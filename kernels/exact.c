/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact sums on the kernel that runs this: prints what the kernel has of rseq, what the
 * self-test says, and what was counted while threads were moved between CPUs, preempted and
 * signalled, the signal's handler counting too, and readers read lines. One "> name=value" a
 * line. Linked statically with the sections of one architecture, and once more with all
 * sections disarmed: the negative control, which must lose.
 *
 * usage: exact SECONDS libc|self|mm-cid
 *
 * libc: threads that libc registered, rows by CPU; self: threads that we register, for which
 * libc must have been told not to (GLIBC_TUNABLES=glibc.pthread.rseq=0); mm-cid: rows by
 * concurrency id. Exits with 3 where the kernel or libc has not got what was asked for.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "percpu.h"

#ifndef AT_RSEQ_FEATURE_SIZE
#define AT_RSEQ_FEATURE_SIZE 27
#define AT_RSEQ_ALIGN 28
#endif

/* In struct rseq since Linux 6.3, and the size that says that mm_cid is there too. */
enum { RSEQ_NODE_ID = 20, RSEQ_SIZE_WITH_MM_CID = 28 };

enum { THREADS_PER_CPU = 3, MAX_THREADS = 512, VALUE = 3, SELFTEST_ABORTS = 8, LONGER = 10, ENOUGH = 200 };

/* The layout of a line, as sections.S describes it. */
enum { LINE_TOTAL = 8, LINE_MAX = 24, COUNTER = 0, HANDLER_COUNTER = 8, LINE = 64 };

int64_t percpu_selftest_victim(volatile int64_t *shared, int64_t wanted_aborts, int64_t nanos);
int64_t percpu_selftest_disturber(volatile int64_t *shared, int64_t nanos);
void percpu_statistics(int64_t *out, int32_t rows);

/* The way to record that was asked for. */
static struct {
	const char *name;
	int32_t registration;
	int32_t sharding;
	void (*add)(int64_t slot, int64_t delta);
	int32_t (*record)(int64_t slot, int64_t value, uint64_t epoch);
} ways[] = {
	{ "libc", PERCPU_BY_LIBC, PERCPU_CPU, percpu_add_long_local, percpu_record_long_local },
	{ "self", PERCPU_BY_SELF, PERCPU_CPU, percpu_self_add_long_local, percpu_self_record_long_local },
	{ "mm-cid", PERCPU_BY_LIBC, PERCPU_MM_CID, percpu_cid_add_long_local, percpu_cid_record_long_local },
}, *way;

struct worker {
	pthread_t thread;
	volatile pid_t tid;
	int64_t adds;
	int64_t records;
	volatile int64_t signalled;
};

static struct worker workers[MAX_THREADS];
static __thread struct worker *self;

static char *rows;
static int cpus;
static int threads;
static volatile int stopped;
static volatile int epoch;
static int64_t refused;
static volatile int64_t moves;
static volatile int64_t signals;
static int64_t reads;
static int64_t fresh;
static int64_t torn;

static int64_t slot(int64_t offset)
{
	return (int64_t) (intptr_t) (rows + offset);
}

static void fail(const char *what)
{
	printf("> failed=%s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned next_random(unsigned *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Adds as the thread that it interrupts does, in the middle of its sections too. */
static void handle(int signal)
{
	(void) signal;
	if (self != NULL) {
		way->add(slot(HANDLER_COUNTER), 1);
		self->signalled++;
	}
}

static void *work(void *argument)
{
	self = argument;
	/* So that whoever disturbs gets at it. */
	setpriority(PRIO_PROCESS, 0, 10);
	self->tid = gettid();
	while (!stopped) {
		for (int i = 0; i < 64; i++) {
			way->add(slot(COUNTER), 1);
			self->adds++;
			if (way->record(slot(LINE), VALUE, (uint32_t) epoch) != 0) {
				__atomic_fetch_add(&refused, 1, __ATOMIC_RELAXED);
			}
			self->records++;
		}
	}
	return NULL;
}

/* The tid stays valid: threads end only after their disturbers have. */
static void *disturb(void *argument)
{
	(void) argument;
	unsigned state = 2463534242u;
	while (!stopped) {
		for (int i = 0; i < threads && !stopped; i++) {
			if (workers[i].tid == 0) {
				continue;
			}
			cpu_set_t *set = CPU_ALLOC(cpus);
			CPU_ZERO_S(CPU_ALLOC_SIZE(cpus), set);
			CPU_SET_S(next_random(&state) % (unsigned) cpus, CPU_ALLOC_SIZE(cpus), set);
			moves += sched_setaffinity(workers[i].tid, CPU_ALLOC_SIZE(cpus), set) == 0;
			CPU_FREE(set);
			if (next_random(&state) % 2 == 0) {
				signals += syscall(SYS_tgkill, getpid(), workers[i].tid, SIGUSR1) == 0;
			}
		}
		epoch++;
		usleep(100);
	}
	return NULL;
}

/* As LineReader reads: the sequence with acquire, the copy, the sequence again. */
static void *read_lines(void *argument)
{
	(void) argument;
	int64_t done = 0;
	int64_t moved = 0;
	int64_t wrong = 0;
	int64_t before[MAX_THREADS] = { 0 };
	while (!stopped) {
		for (int cpu = 0; cpu < cpus; cpu++) {
			char *line = rows + LINE + ((int64_t) cpu << PERCPU_ROW_SHIFT);
			int64_t count;
			int64_t again = __atomic_load_n((int64_t *) line, __ATOMIC_ACQUIRE);
			int64_t total;
			int64_t max;
			do {
				count = again;
				int64_t copy = (count & 1) * 8;
				total = __atomic_load_n((int64_t *) (line + LINE_TOTAL + copy), __ATOMIC_RELAXED);
				max = __atomic_load_n((int64_t *) (line + LINE_MAX + copy), __ATOMIC_RELAXED);
				__atomic_thread_fence(__ATOMIC_ACQUIRE);
				again = __atomic_load_n((int64_t *) line, __ATOMIC_ACQUIRE);
			} while (count != again);
			/* An epoch without a record yet never shows: a line is taken to it by its first. */
			wrong += total != VALUE * count || max != ((count > 0) ? VALUE : 0);
			moved += count != before[cpu];
			before[cpu] = count;
			done++;
		}
		if (done % (64 * cpus) == 0) {
			sched_yield();
		}
	}
	__atomic_fetch_add(&reads, done, __ATOMIC_RELAXED);
	__atomic_fetch_add(&fresh, moved, __ATOMIC_RELAXED);
	__atomic_fetch_add(&torn, wrong, __ATOMIC_RELAXED);
	return NULL;
}

static void print_kernel(void)
{
	struct utsname kernel;
	uname(&kernel);
	printf("> kernel=%s\n> machine=%s\n", kernel.release, kernel.machine);
	unsigned long size = getauxval(AT_RSEQ_FEATURE_SIZE);
	printf("> featureSize=%lu\n> alignment=%lu\n", size, getauxval(AT_RSEQ_ALIGN));
	printf("> registeredByLibc=%u\n", __rseq_size);
	printf("> cpuId=%d\n", percpu_cpu());
	if (size >= RSEQ_SIZE_WITH_MM_CID && __rseq_size != 0) {
		const char *area = (const char *) __builtin_thread_pointer() + __rseq_offset;
		printf("> nodeId=%d\n", *(const volatile int32_t *) (area + RSEQ_NODE_ID));
		printf("> mmCid=%d\n", *(const volatile int32_t *) (area + RSEQ_MM_CID));
	}
}

static volatile int64_t shared[8];

static void *disturb_selftest(void *argument)
{
	(void) argument;
	percpu_selftest_disturber(shared, INT64_C(30000000000));
	return NULL;
}

static void *selftest(void *argument)
{
	(void) argument;
	int64_t result = percpu_selftest_victim(shared, SELFTEST_ABORTS, INT64_C(30000000000));
	printf("> selfTest.result=%lld\n> selfTest.aborts=%lld\n> selfTest.violations=%lld\n", (long long) result,
			(long long) shared[4], (long long) shared[5]);
	return NULL;
}

static void start(pthread_t *thread, void *(*function)(void *), void *argument)
{
	if ((errno = pthread_create(thread, NULL, function, argument)) != 0) {
		fail("pthread_create");
	}
}

static void run_selftest(void)
{
	pthread_t victim;
	pthread_t disturber;
	start(&victim, selftest, NULL);
	start(&disturber, disturb_selftest, NULL);
	pthread_join(victim, NULL);
	pthread_join(disturber, NULL);
}

static void run_sums(int seconds)
{
	pthread_t disturber;
	pthread_t readers[2];
	threads = (THREADS_PER_CPU * cpus < MAX_THREADS) ? THREADS_PER_CPU * cpus : MAX_THREADS;
	for (int i = 0; i < threads; i++) {
		start(&workers[i].thread, work, &workers[i]);
	}
	start(&disturber, disturb, NULL);
	for (int i = 0; i < 2; i++) {
		start(&readers[i], read_lines, NULL);
	}
	sleep((unsigned) seconds);
	/* A machine that is busy with other work may disturb too little in that time. */
	for (int i = 0; i < LONGER && (moves < ENOUGH || signals < ENOUGH); i++) {
		sleep((unsigned) seconds);
	}
	stopped = 1;
	pthread_join(disturber, NULL);
	for (int i = 0; i < 2; i++) {
		pthread_join(readers[i], NULL);
	}
	int64_t adds = 0;
	int64_t records = 0;
	int64_t handled = 0;
	for (int i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		adds += workers[i].adds;
		records += workers[i].records;
		handled += workers[i].signalled;
	}
	int64_t counted = 0;
	int64_t total = 0;
	for (int cpu = 0; cpu < cpus; cpu++) {
		int64_t *line = (int64_t *) (rows + LINE + ((int64_t) cpu << PERCPU_ROW_SHIFT));
		counted += line[0];
		total += line[1 + (line[0] & 1)];
	}
	int64_t statistics[4 * (MAX_THREADS + 1)];
	int64_t sums[4] = { 0 };
	percpu_statistics(statistics, cpus);
	for (int i = 0; i < 4 * (cpus + 1); i++) {
		sums[i % 4] += statistics[i];
	}
	printf("> operations=%lld\n", (long long) (adds + records + handled));
	printf("> lost.adds=%lld\n", (long long) (adds - percpu_sum_long(slot(COUNTER))));
	printf("> lost.handled=%lld\n", (long long) (handled - percpu_sum_long(slot(HANDLER_COUNTER))));
	printf("> lost.records=%lld\n", (long long) (records - refused - counted));
	printf("> lost.totals=%lld\n", (long long) (VALUE * counted - total));
	printf("> aborts=%lld\n> aborts.migrated=%lld\n> fallback=%lld\n", (long long) (sums[0] + sums[1] + sums[2]),
			(long long) sums[0], (long long) sums[3]);
	printf("> moves=%lld\n> signals=%lld\n> handled=%lld\n", (long long) moves, (long long) signals, (long long) handled);
	printf("> reads=%lld\n> reads.fresh=%lld\n> torn=%lld\n", (long long) reads, (long long) fresh, (long long) torn);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	int seconds = (argc > 1) ? atoi(argv[1]) : 5;
	cpus = (int) sysconf(_SC_NPROCESSORS_CONF);
	printf("> cpus=%d\n", cpus);
	size_t bytes = (size_t) (cpus + 1) << PERCPU_ROW_SHIFT;
	rows = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (cpus > MAX_THREADS || rows == MAP_FAILED) {
		fail("memory");
	}
	print_kernel();
	way = &ways[0];
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		if (argc > 2 && strcmp(argv[2], ways[i].name) == 0) {
			way = &ways[i];
		}
	}
	int32_t result = percpu_init(cpus, way->registration, way->sharding);
	printf("> way=%s\n> init=%d\n", way->name, result);
	if (result != cpus) {
		return 3;
	}
	struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART };
	sigaction(SIGUSR1, &action, NULL);
	run_selftest();
	run_sums(seconds);
	return 0;
}
