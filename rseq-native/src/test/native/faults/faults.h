/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The native fault suite: are the sums exact whatever happens to a thread inside a section?
 *
 * Linked statically from the sources of the library, so that hidden symbols are reachable
 * and one file can be copied into another kernel's initramfs or another libc's container.
 * Needs no header of the kernel, since musl's compiler does not see them.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "percpu.h"

#define NANOS_PER_SECOND INT64_C(1000000000)

/* ---- What a test reports ------------------------------------------------------------- */

/* BROKEN: the test itself did not work, so that its negative control says nothing either. */
enum outcome { PASSED, SKIPPED, FAILED, BROKEN };

/* In memory that the test, a process of its own, shares with the one that prints. */
struct result {
	enum outcome outcome;
	int64_t operations;
	/* Operations whose effect is missing, or there twice. */
	int64_t lost;
	int64_t aborts;
	int64_t fallback;
	/* How often the fault was done, or 0 where it can't be counted. */
	int64_t faults;
	char reason[256];
	char note[256];
};

/* The first reason is kept: what follows is often its consequence. */
void fail(struct result *result, const char *format, ...) __attribute__((format(printf, 2, 3)));
void give_up(struct result *result, const char *format, ...) __attribute__((format(printf, 2, 3)));
void skip(struct result *result, const char *format, ...) __attribute__((format(printf, 2, 3)));
void note(struct result *result, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct test {
	const char *name;
	/* What is done to the threads, for people. */
	const char *faults;
	/* NULL where the test must fail with disarmed sections, or why it can't. */
	const char *no_control;
	/* Whether it runs as long as it is given; else it ends when it is done. */
	int timed;
	void (*run)(struct result *result, double seconds);
};

/* ---- The process --------------------------------------------------------------------- */

extern int rows;
extern const char *own_path;

int possible_cpus(void);

/* One of the library's three variants of the recording functions. */
struct recording {
	void (*add_long)(int64_t slot, int64_t delta);
	void (*add_double)(int64_t slot, double delta);
	int32_t (*record_long)(int64_t slot, int64_t value, uint64_t epoch);
	int32_t (*record_double)(int64_t slot, double value, uint64_t epoch);
	int32_t (*record_buckets_long)(int64_t slot, int64_t value, uint64_t epoch, int64_t bucket, int64_t bucket2);
	int32_t (*record_buckets_double)(int64_t slot, double value, uint64_t epoch, int64_t bucket, int64_t bucket2);
};

/* The variant that this process records with. */
extern const struct recording *recording;

/* The one for threads that the library registers; it goes the way that others go after an abort. */
extern const struct recording recording_after_abort;

/* What is asked for on the command line, and decided by the first start_recording. */
enum registration { REGISTER_AUTO = -1, REGISTERED_BY_LIBC = PERCPU_BY_LIBC, REGISTERED_BY_SELF = PERCPU_BY_SELF };

extern enum registration registration;
extern int sharding;

/* Returns 0, or a negative number where rseq can't be had so. */
int start_recording(void);

/* The calling thread's struct rseq. */
struct kernel_rseq {
	uint32_t cpu_id_start;
	int32_t cpu_id;
	uint64_t rseq_cs;
	uint32_t flags;
	uint32_t node_id;
	int32_t mm_cid;
};

struct kernel_rseq *thread_area(void);

/* Returns the length that it was registered with, 0 where that fails; errno tells why. */
long unregister_thread(void);
int register_thread_again(long length);

/*
 * Makes the calling thread live on a kernel that does not abort: to the sections it looks
 * registered and on this CPU, but the kernel does not know.
 */
int deceive_thread(int cpu);

/* The kernel's struct rseq_cs. */
struct descriptor {
	uint32_t version;
	uint32_t flags;
	uint64_t start;
	uint64_t length;
	uint64_t abort;
};

/* The CPUs this thread may run on, at most `limit` of them; returns how many. */
int allowed_cpus(int *cpus, int limit);

/* Moves a thread (0: this one) to one CPU; returns whether that was possible. */
int pin_to(pid_t tid, int cpu);

int64_t now_nanos(void);
void sleep_nanos(int64_t nanos);
pid_t thread_id(void);
uint64_t next_random(uint64_t *state);

enum { MODE_ARGUMENTS = 8 };

/* The command line of this program that runs one of the modes of run_mode. */
void mode_arguments(const char *mode, char **arguments);

/* Becomes that program; returns only where it can't. */
void exec_mode(const char *mode);

/* What the exec'd program does; returns its exit status. */
int run_mode(const char *mode);

/* Aborts counted since the process began, and operations that went to the fallback row. */
int64_t total_aborts(void);
int64_t total_fallback(void);

/* ---- What is recorded ---------------------------------------------------------------- */

enum operation { ADD_LONG, ADD_DOUBLE, RECORD_LONG, RECORD_DOUBLE, BUCKETS_LONG, BUCKETS_DOUBLE, OPERATIONS };

extern const char *const operation_names[OPERATIONS];

enum { VALUE = 7, BUCKETS = 4, PAST = 8 };

/* Where the cells lie in a row. */
enum {
	LONG_CELL = 64, DOUBLE_CELL = 72, BUCKET_CELLS = 128, LINES = 256, LINE_BYTES = 128,
	CELLS_END = LINES + OPERATIONS * LINE_BYTES
};

/* What one flow of control (a thread, or the signal handlers on it) knows that it has done. */
struct tally {
	int64_t done[OPERATIONS];
	int64_t refused[OPERATIONS];
	int64_t buckets[BUCKETS];
};

/* One consistent reading of a line. */
struct reading {
	int64_t count;
	int64_t total;
	int64_t max;
	int32_t epoch;
};

/* Mapped by percpu_map: private, as the arena is. */
char *map_segment(void);

/* The same shared with the processes that are forked later. */
char *map_shared_segment(void);

/* The epoch word of an operation: its number, and PAST entries. */
uint64_t epoch_word(uint32_t epoch);

/* One operation with VALUE in epoch 0, counted in the tally. */
void perform(char *segment, enum operation operation, struct tally *tally);

/* The same with an epoch, and by some variant of the functions. */
void perform_by(const struct recording *by, char *segment, enum operation operation, uint64_t epoch, struct tally *tally);

void add_tally(struct tally *sum, const struct tally *more);
int64_t tally_operations(const struct tally *tally);

void read_line(const char *segment, enum operation operation, int row, struct reading *reading);

/* How often the operation is found in one row, in the fallback row (row == rows) or in all (-1). */
int64_t found(const char *segment, enum operation operation, int row);
int64_t found_in_bucket(const char *segment, int bucket, int row);

/* Compares all sums with what was done; says what is lost. */
void verify(const char *segment, const struct tally *expected, struct result *result);

/* ---- An operation and the way it takes ------------------------------------------------ */

enum path {
	/* The way of nearly all operations. */
	DIRECT,
	/* The way after an abort. */
	RETRY,
	/* Of a record that moves the line to a later epoch. */
	ROTATE
};

struct subject {
	enum operation operation;
	enum path path;
};

enum { SUBJECTS = 16 };

extern const struct subject subjects[SUBJECTS];
extern const char *const path_names[];

/* What must have gone before, so that the operation takes the path. */
void prepare_for(const struct subject *subject, char *segment, struct tally *tally);

void operate(const struct subject *subject, char *segment, struct tally *tally);

/* Zeroes all cells; nobody may record meanwhile. */
void clear(char *segment);

/* ---- The tests ----------------------------------------------------------------------- */

void test_threads(struct result *result, double seconds);
void test_delays(struct result *result, double seconds);
void test_yields(struct result *result, double seconds);
void test_signals(struct result *result, double seconds);
void test_affinity(struct result *result, double seconds);
void test_pinned(struct result *result, double seconds);
void test_first_touch(struct result *result, double seconds);
void test_oversubscription(struct result *result, double seconds);
void test_hotplug(struct result *result, double seconds);
void test_fork(struct result *result, double seconds);
void test_spawn(struct result *result, double seconds);
void test_thread_churn(struct result *result, double seconds);
void test_triple(struct result *result, double seconds);
void test_epochs(struct result *result, double seconds);
void test_epoch_model(struct result *result, double seconds);
void test_traps(struct result *result, double seconds);
void test_boundary_signal(struct result *result, double seconds);
void test_boundary_preemption(struct result *result, double seconds);
void test_boundary_migration(struct result *result, double seconds);
void test_single_step(struct result *result, double seconds);
void test_seccomp_late(struct result *result, double seconds);
void test_canary(struct result *result, double seconds);
void test_canary_broken_kernel(struct result *result, double seconds);
void test_unregistered(struct result *result, double seconds);
void test_tunable(struct result *result, double seconds);
void test_seccomp_eperm(struct result *result, double seconds);
void test_seccomp_enosys(struct result *result, double seconds);
void test_seccomp_membarrier(struct result *result, double seconds);

/* Sets the turns at every injection point, where they were built in. */
void delay_everywhere(int turns);

/* The same for one of them; returns 0 where there is none of that number. */
int delay_at(int point, int turns);

/* Records with some threads for so long; returns whether the sums are exact. */
int recording_is_exact(double seconds);

/* Chooses the CPU that may be taken offline. */
void allow_hotplug(void);

/* Brings back a CPU that a test that was killed has left offline. */
void restore_hotplug(void);

#endif
