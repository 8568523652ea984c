/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New processes begin while threads record.
 */
#define _GNU_SOURCE
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include "crew.h"

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
	prepare_crew(&crew, result, STORM, 2);
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
	prepare_crew(&crew, result, 0, 2);
	run_crew(&crew, seconds, spawn_once);
}
