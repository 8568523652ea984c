/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where rseq is refused: everything goes to the fallback row, or back to the caller, and is
 * as exact. What decides when libc starts needs a new program; run_mode is what that does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "faults.h"

#ifndef SYS_rseq
#if defined(__x86_64__)
#define SYS_rseq 334
#else
#define SYS_rseq 293
#endif
#endif

void percpu_probe(int64_t *out);
int32_t percpu_mode(void);
int32_t percpu_register(void);

enum { THREADS = 4, ROUNDS = 20000 };

static char *segment;

static void *record_rounds(void *argument)
{
	struct tally *tally = argument;
	for (int i = 0; i < ROUNDS; i++) {
		for (int operation = 0; operation < OPERATIONS; operation++) {
			perform(segment, operation, tally);
		}
	}
	return NULL;
}

/* The library says so too, and has decided nothing. */
static int is_refused(int64_t error)
{
	int64_t probe[7];
	percpu_probe(probe);
	return percpu_init(possible_cpus(), PERCPU_BY_LIBC, PERCPU_CPU) == -1
			&& percpu_init(possible_cpus(), PERCPU_BY_SELF, PERCPU_CPU) == -2
			&& probe[2] == 0 && probe[4] < 0 && probe[5] == error && percpu_mode() == -1;
}

/* Libc is not to register; whoever insists can do so by the library. */
static int is_switched_off(void)
{
	int64_t probe[7];
	percpu_probe(probe);
	if (!probe[0] || probe[2] != 0 || probe[4] >= 0 || percpu_init(possible_cpus(), PERCPU_BY_LIBC, PERCPU_CPU) != -1
			|| percpu_mode() != -1) {
		return 0;
	}
	registration = REGISTERED_BY_SELF;
	return start_recording() == 0 && recording_is_exact(0.2);
}

int run_mode(const char *mode)
{
	if (strcmp(mode, "record") == 0) {
		return start_recording() == 0 && recording_is_exact(0.02) ? 0 : 1;
	}
	if (strcmp(mode, "eperm") == 0) {
		return is_refused(EPERM) ? 0 : 1;
	}
	if (strcmp(mode, "enosys") == 0) {
		return is_refused(ENOSYS) ? 0 : 1;
	}
	if (strcmp(mode, "switched-off") == 0) {
		return is_switched_off() ? 0 : 1;
	}
	return 2;
}

/* ---- Seccomp ------------------------------------------------------------------------- */

/* The kernel's struct sock_filter and struct sock_fprog. */
struct filter {
	uint16_t code;
	uint8_t if_true;
	uint8_t if_false;
	uint32_t k;
};

struct program {
	unsigned short size;
	const struct filter *filters;
};

enum {
	LOAD = 0x20, JUMP_EQUAL = 0x15, RETURN = 0x06, SECCOMP_FILTER = 2
};

#define RETURN_ERRNO 0x00050000u
#define RETURN_ALLOW 0x7fff0000u

/* Refuses one or two system calls to this process and all it becomes. */
static int refuse(uint32_t first, uint32_t second, uint32_t error)
{
	const struct filter filters[] = {
		{ LOAD, 0, 0, 0 },
		{ JUMP_EQUAL, 1, 0, first },
		{ JUMP_EQUAL, 0, 1, second },
		{ RETURN, 0, 0, RETURN_ERRNO | error },
		{ RETURN, 0, 0, RETURN_ALLOW },
	};
	const struct program program = { sizeof(filters) / sizeof(filters[0]), filters };
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_FILTER, &program) == 0;
}

static void exec_refused(struct result *result, uint32_t first, uint32_t second, uint32_t error, const char *mode)
{
	enum { NO_SECCOMP = 100 };
	pid_t child = fork();
	if (child == 0) {
		if (!refuse(first, second, error)) {
			_exit(NO_SECCOMP);
		}
		exec_mode(mode);
		_exit(127);
	}
	int status;
	waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_SECCOMP) {
		skip(result, "this kernel has no seccomp filters");
	}
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fail(result, "wait status %#x", (unsigned int) status);
	}
	result->faults = 1;
}

void test_seccomp_eperm(struct result *result, double seconds)
{
	(void) seconds;
	exec_refused(result, SYS_rseq, SYS_membarrier, EPERM, "eperm");
}

void test_seccomp_enosys(struct result *result, double seconds)
{
	(void) seconds;
	exec_refused(result, SYS_rseq, SYS_membarrier, ENOSYS, "enosys");
}

void test_seccomp_membarrier(struct result *result, double seconds)
{
	(void) seconds;
	exec_refused(result, SYS_membarrier, SYS_membarrier, EPERM, "record");
}

static void check_fallback(struct result *result, const struct tally *done, int64_t rounds)
{
	for (int i = 0; i < OPERATIONS; i++) {
		int64_t expected = (i <= ADD_DOUBLE) ? rounds : 0;
		if (found(segment, i, rows) != expected || found(segment, i, -1) != expected || done->done[i] != expected) {
			fail(result, "%s: not all in the fallback row, or refused", operation_names[i]);
		}
	}
}

static void fall_back(struct result *result)
{
	pthread_t threads[THREADS];
	struct tally tallies[THREADS] = { 0 };
	struct tally sum = { 0 };
	segment = map_segment();
	for (int i = 0; i < THREADS; i++) {
		pthread_create(&threads[i], NULL, record_rounds, &tallies[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		add_tally(&sum, &tallies[i]);
	}
	verify(segment, &sum, result);
	check_fallback(result, &sum, THREADS * ROUNDS);
	result->fallback = total_fallback();
	result->aborts = total_aborts();
	result->faults = THREADS;
}

/* A thread that is refused when it registers, in a process where others were not. */
void test_seccomp_late(struct result *result, double seconds)
{
	(void) seconds;
	if (registration == REGISTERED_BY_LIBC) {
		skip(result, "glibc ends the process when it can't register a later thread");
	}
	else if (!refuse(SYS_rseq, SYS_rseq, EPERM)) {
		skip(result, "this kernel has no seccomp filters");
	}
	else {
		fall_back(result);
	}
}

/* ---- Switched off, or taken away ----------------------------------------------------- */

void test_tunable(struct result *result, double seconds)
{
	(void) seconds;
#ifdef __GLIBC__
	pid_t child = fork();
	if (child == 0) {
		setenv("GLIBC_TUNABLES", "glibc.pthread.rseq=0", 1);
		exec_mode("switched-off");
		_exit(127);
	}
	int status;
	waitpid(child, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fail(result, "wait status %#x", (unsigned int) status);
	}
	result->faults = 1;
#else
	skip(result, "musl has no tunables");
#endif
}

void test_unregistered(struct result *result, double seconds)
{
	(void) seconds;
	long length = unregister_thread();
	if (length == 0) {
		give_up(result, "could not unregister: errno %d", errno);
		return;
	}
	struct tally away = { 0 };
	segment = map_segment();
	record_rounds(&away);
	check_fallback(result, &away, ROUNDS);
	result->fallback = total_fallback();
	if (!register_thread_again(length)) {
		give_up(result, "could not register again: errno %d", errno);
		return;
	}
	struct tally back = { 0 };
	record_rounds(&back);
	if (total_fallback() != result->fallback) {
		fail(result, "registered again and not recorded on a CPU");
	}
	add_tally(&away, &back);
	verify(segment, &away, result);
	result->aborts = total_aborts();
	result->faults = 1;
}
