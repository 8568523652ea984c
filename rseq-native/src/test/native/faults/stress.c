/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many threads do all operations on the same cells, while something is done to them. In the
 * end the sums are compared with what each thread, and each signal handler, knows it did.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "faults.h"

enum { MAX_CPUS_USED = 64, MAX_READERS = 2, STORM_SIGNAL = SIGUSR1 };

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
		if ((crew->kinds & PRIORITIES) && worker->index % 4 == 2 && round % 4 == 0) {
			/* A thread of SCHED_FIFO would keep all others from its CPU. */
			sleep_nanos(100000);
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

static void prepare(struct crew *crew, struct result *result, int kinds, int threads_per_cpu)
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

static void run_crew(struct crew *crew, double seconds, void (*disturb)(struct crew *))
{
	int64_t deadline = now_nanos() + (int64_t) (seconds * NANOS_PER_SECOND);
	start(crew);
	while (now_nanos() < deadline && crew->result->outcome == PASSED) {
		disturb(crew);
	}
	finish(crew);
}

static void rest(struct crew *crew)
{
	(void) crew;
	sleep_nanos(5000000);
}

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

int recording_is_exact(double seconds)
{
	struct result result = { 0 };
	struct crew crew;
	prepare(&crew, &result, STORM, 2);
	run_crew(&crew, seconds, rest);
	return result.outcome == PASSED;
}

/* ---- The tests ----------------------------------------------------------------------- */

void test_threads(struct result *result, double seconds)
{
	struct crew crew;
	prepare(&crew, result, READERS, 6);
	run_crew(&crew, seconds, rest);
}

void test_triple(struct result *result, double seconds)
{
	/* One writer for each CPU, so that the readers are often on another one. */
	struct crew crew;
	prepare(&crew, result, READERS | STORM, 1);
	run_crew(&crew, seconds, rest);
}

static void move_epoch(struct crew *crew)
{
	__atomic_fetch_add(&crew->epoch, (next_random(&crew->random) % 8 == 0) ? PAST + 2 : 1, __ATOMIC_RELAXED);
	move_somebody(crew);
}

void test_epochs(struct result *result, double seconds)
{
	struct crew crew;
	prepare(&crew, result, READERS | STORM | LATE, 3);
	run_crew(&crew, seconds, move_epoch);
}

void test_yields(struct result *result, double seconds)
{
	struct crew crew;
	prepare(&crew, result, YIELDS, 6);
	run_crew(&crew, seconds, rest);
}

void test_signals(struct result *result, double seconds)
{
	struct crew crew;
	prepare(&crew, result, STORM, 3);
	run_crew(&crew, seconds, rest);
}

void test_affinity(struct result *result, double seconds)
{
	struct crew crew;
	prepare(&crew, result, 0, 4);
	if (crew.cpu_count < 2) {
		skip(result, "there is one CPU only");
		return;
	}
	run_crew(&crew, seconds, move_somebody);
}

void test_oversubscription(struct result *result, double seconds)
{
	struct crew crew;
	prepare(&crew, result, PRIORITIES, 16);
	run_crew(&crew, seconds, rest);
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
	prepare(&crew, result, PINNED | STORM, 2);
	run_crew(&crew, seconds, rest);
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

/* ---- CPU hotplug --------------------------------------------------------------------- */

/* 0: not allowed, negative: there is none. */
static int hotplug_cpu;

static int hotplug_write(int cpu, const char *online)
{
	char name[64];
	snprintf(name, sizeof(name), "/sys/devices/system/cpu/cpu%d/online", cpu);
	int file = open(name, O_WRONLY | O_CLOEXEC);
	if (file < 0) {
		return -errno;
	}
	int result = (write(file, online, 1) == 1) ? 0 : -errno;
	close(file);
	return result;
}

void restore_hotplug(void)
{
	if (hotplug_cpu > 0) {
		hotplug_write(hotplug_cpu, "1");
	}
}

/* The last CPU that is online and can be taken offline, or -1. */
static int last_cpu(void)
{
	for (int cpu = rows - 1; cpu > 0; cpu--) {
		char name[64];
		char online = 0;
		snprintf(name, sizeof(name), "/sys/devices/system/cpu/cpu%d/online", cpu);
		int file = open(name, O_RDONLY | O_CLOEXEC);
		if (file >= 0) {
			if (read(file, &online, 1) != 1) {
				online = 0;
			}
			close(file);
		}
		if (online == '1') {
			return cpu;
		}
	}
	return -1;
}

static void unplug(struct crew *crew)
{
	int result = hotplug_write(hotplug_cpu, "0");
	if (result == 0) {
		crew->disturbances++;
		sleep_nanos(20000000);
	}
	int back = hotplug_write(hotplug_cpu, "1");
	if (back != 0 && result == 0) {
		fail(crew->result, "CPU %d stays offline: errno %d", hotplug_cpu, -back);
	}
	if (result == -EBUSY) {
		note(crew->result, "the kernel refused with EBUSY now and then");
	}
	else if (result != 0) {
		skip(crew->result, "CPU %d can't be taken offline: errno %d", hotplug_cpu, -result);
	}
	sleep_nanos(80000000);
}

void allow_hotplug(void)
{
	hotplug_cpu = last_cpu();
}

void test_hotplug(struct result *result, double seconds)
{
	if (hotplug_cpu == 0) {
		skip(result, "takes a CPU offline, which must be asked for with --hotplug");
		return;
	}
	if (hotplug_cpu < 0) {
		skip(result, "no CPU can be taken offline here");
		return;
	}
	struct crew crew;
	prepare(&crew, result, 0, 4);
	run_crew(&crew, seconds, unplug);
}

/* ---- New processes ------------------------------------------------------------------- */

/* Runs in the child, whose copy of the segment was taken in the middle of other threads' sections. */
static int child_is_consistent(char *segment)
{
	int64_t before[OPERATIONS];
	struct tally tally = { 0 };
	for (int i = 0; i < OPERATIONS; i++) {
		before[i] = found(segment, i, -1);
		for (int row = 0; row < rows && i >= RECORD_LONG; row++) {
			struct reading line;
			read_line(segment, i, row, &line);
			if (line.total != line.count * VALUE) {
				return 0;
			}
		}
	}
	int64_t fallback = total_fallback();
	for (int i = 0; i < 100 * OPERATIONS; i++) {
		perform(segment, i % OPERATIONS, &tally);
	}
	for (int i = 0; i < OPERATIONS; i++) {
		if (found(segment, i, -1) - before[i] != tally.done[i]) {
			return 0;
		}
	}
	return percpu_cpu() >= 0 && total_fallback() == fallback;
}

static int succeeded(pid_t child)
{
	int status;
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void fork_once(struct crew *crew)
{
	pid_t child = fork();
	if (child == 0) {
		_exit(child_is_consistent(crew->segment) ? 0 : 1);
	}
	if (!succeeded(child)) {
		fail(crew->result, "the forked child's copy or its records are wrong");
	}
	crew->disturbances++;
}

void test_fork(struct result *result, double seconds)
{
	struct crew crew;
	prepare(&crew, result, STORM, 2);
	run_crew(&crew, seconds, fork_once);
}

extern char **environ;

static void spawn_once(struct crew *crew)
{
	char *arguments[MODE_ARGUMENTS];
	pid_t child;
	mode_arguments("record", arguments);
	if (crew->disturbances++ % 2 == 0) {
		child = vfork();
		if (child == 0) {
			execv("/proc/self/exe", arguments);
			execv(own_path, arguments);
			_exit(127);
		}
	}
	else if (posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ) != 0
			&& posix_spawn(&child, own_path, NULL, NULL, arguments, environ) != 0) {
		child = -1;
	}
	if (!succeeded(child)) {
		fail(crew->result, "the new program did not record exactly");
	}
}

void test_spawn(struct result *result, double seconds)
{
	struct crew crew;
	prepare(&crew, result, 0, 2);
	run_crew(&crew, seconds, spawn_once);
}

/* ---- Delays inside the sections ------------------------------------------------------ */

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
	prepare(&crew, result, READERS | STORM, 3);
	run_crew(&crew, seconds, delay_somewhere);
}
