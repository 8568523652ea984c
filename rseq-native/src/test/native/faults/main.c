/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the tests, each in a process of its own, so that a crash is a failed test, and prints
 * a TAP line for each one. See usage().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include "faults.h"

/* A test that has used up its share of the time and then does nothing for so long is taken to hang. */
#define PATIENCE_SECONDS 120

/* What is left to chance may need more than one try, each twice as long, before something is lost. */
#define CONTROL_TRIES 12

/* What runs for its own sake, without sections that could be disarmed. */
#define NO_SECTION "no section runs"

static const struct test tests[] = {
	{ "threads", "6 threads per CPU on the same cells, read meanwhile", NULL, 1, test_threads },
	{ "delays", "spins between the instructions of every section", NULL, 1, test_delays },
	{ "traps", "a trap at every injection point of every section", NULL, 0, test_traps },
	{ "boundary-signal", "a signal at every instruction, whose handler does the same operation", NULL, 0,
		test_boundary_signal },
	{ "boundary-preemption", "at every instruction another thread of the same CPU does the same operation", NULL, 0,
		test_boundary_preemption },
	{ "boundary-migration", "at every instruction moved to another CPU, and the operation done on the CPU left", NULL, 0,
		test_boundary_migration },
	{ "single-step", "PTRACE_SINGLESTEP through every operation", NULL, 0, test_single_step },
	{ "yields", "yields, sleeps and raised signals between operations", NULL, 1, test_yields },
	{ "signals", "a signal to each thread every 10 to 50 us, whose handler records too", NULL, 1, test_signals },
	{ "affinity", "some thread moved to some CPU every 100 us", NULL, 1, test_affinity },
	{ "pinned", "signals to pinned threads, each row compared with its CPU's threads", NULL, 1, test_pinned },
	{ "oversubscription", "16 threads per CPU, normal, nice 19, SCHED_FIFO and SCHED_BATCH", NULL, 1,
		test_oversubscription },
	{ "thread-churn", "threads that live for some operations, and record in a late destructor", NULL, 1,
		test_thread_churn },
	{ "first-touch", "sections that take page faults", NULL, 1, test_first_touch },
	{ "hotplug", "a CPU taken offline and online", NULL, 1, test_hotplug },
	{ "fork", "fork while threads record; the child checks its copy and records", NULL, 1, test_fork },
	{ "spawn", "vfork and posix_spawn while threads record; the new program records", NULL, 1, test_spawn },
	{ "triple", "count, total and maximum of a line read all the time from other CPUs", NULL, 1, test_triple },
	{ "epochs", "an epoch that moves every 100 us, late records, affinity churn, readers", NULL, 1, test_epochs },
	{ "epoch-model", "epochs and past entries compared with a model, under signals", NULL, 1, test_epoch_model },
	{ "canary", "the self-test, on this kernel", NULL, 0, test_canary },
	{ "canary-broken-kernel", "the self-test, where the kernel does not abort (simulated)",
		"it is one: nothing aborts in it", 0, test_canary_broken_kernel },
	{ "unregistered", "threads whose registration was taken away", NO_SECTION, 0, test_unregistered },
	{ "tunable", "GLIBC_TUNABLES=glibc.pthread.rseq=0, then registered by the library", NULL, 0, test_tunable },
	{ "seccomp-eperm", "rseq and membarrier refused with EPERM from the start", NO_SECTION, 0, test_seccomp_eperm },
	{ "seccomp-enosys", "rseq and membarrier refused with ENOSYS from the start", NO_SECTION, 0, test_seccomp_enosys },
	{ "seccomp-late", "rseq refused with EPERM while the program runs", NO_SECTION, 0, test_seccomp_late },
	{ "seccomp-membarrier", "membarrier alone refused with EPERM", NULL, 0, test_seccomp_membarrier },
};

enum { TESTS = sizeof(tests) / sizeof(tests[0]) };

const char *own_path;
/* The process group of the test that runs. */
static volatile pid_t running;

static struct options {
	double seconds;
	const char *only[TESTS];
	int onlies;
	const char *table;
	/* The sections are disarmed: a test that passes has no power. */
	int must_fail;
} options = { .seconds = 60 };

static void end_with(struct result *result, enum outcome outcome, const char *format, va_list arguments)
{
	if (outcome > result->outcome) {
		result->outcome = outcome;
		vsnprintf(result->reason, sizeof(result->reason), format, arguments);
	}
}

void fail(struct result *result, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	end_with(result, FAILED, format, arguments);
	va_end(arguments);
}

void give_up(struct result *result, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	end_with(result, BROKEN, format, arguments);
	va_end(arguments);
}

void skip(struct result *result, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	end_with(result, SKIPPED, format, arguments);
	va_end(arguments);
}

void note(struct result *result, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(result->note, sizeof(result->note), format, arguments);
	va_end(arguments);
}

static int selected(const struct test *test)
{
	for (int i = 0; i < options.onlies; i++) {
		if (strcmp(options.only[i], test->name) == 0) {
			return 1;
		}
	}
	return options.onlies == 0;
}

/* A test may have threads that never end and a CPU that is offline. */
static void leave(int signal)
{
	if (running != 0) {
		kill(-running, SIGKILL);
	}
	restore_hotplug();
	_exit(128 + signal);
}

/* In a process group of its own, so that what hangs can be ended with all its children. */
static double run_alone(const struct test *test, struct result *result, double seconds)
{
	memset(result, 0, sizeof(*result));
	int64_t start = now_nanos();
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		setpgid(0, 0);
		test->run(result, seconds);
		/* Not exit: a test may leave threads behind. */
		_exit(0);
	}
	setpgid(child, child);
	running = child;
	int64_t busy = start + (int64_t) (seconds * NANOS_PER_SECOND);
	int64_t faults = 0;
	int status;
	while (waitpid(child, &status, WNOHANG) == 0) {
		if (__atomic_load_n(&result->faults, __ATOMIC_RELAXED) != faults) {
			faults = result->faults;
			busy = now_nanos();
		}
		if (now_nanos() - busy > PATIENCE_SECONDS * NANOS_PER_SECOND) {
			kill(-child, SIGKILL);
			waitpid(child, &status, 0);
			give_up(result, "hung");
			break;
		}
		sleep_nanos(1000000);
	}
	running = 0;
	kill(-child, SIGKILL);
	restore_hotplug();
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fail(result, "ended with wait status 0x%x", (unsigned int) status);
	}
	return (double) (now_nanos() - start) / NANOS_PER_SECOND;
}

/* Turns the outcome of a negative control around. */
static void judge_control(struct result *result)
{
	if (result->outcome == FAILED) {
		result->outcome = PASSED;
		char reason[sizeof(result->reason)];
		memcpy(reason, result->reason, sizeof(reason));
		note(result, "disarmed, as it must: %.200s", reason);
	}
	else if (result->outcome == PASSED) {
		fail(result, "the sections are disarmed and the test did not notice");
	}
}

static void print_text(FILE *out, const struct result *result, const char *before)
{
	if (result->outcome != PASSED) {
		fprintf(out, "%s%s", before, result->reason);
	}
	if (result->note[0] != 0) {
		fprintf(out, "%s%s", (result->outcome != PASSED) ? "; " : before, result->note);
	}
}

static void print_line(int number, const struct test *test, const struct result *result, double seconds)
{
	printf("%s %d - %s", (result->outcome >= FAILED) ? "not ok" : "ok", number, test->name);
	if (result->outcome == SKIPPED) {
		printf(" # SKIP");
		print_text(stdout, result, " ");
	}
	else {
		printf(" # operations=%lld lost=%lld aborts=%lld fallback=%lld faults=%lld seconds=%.1f",
				(long long) result->operations, (long long) result->lost, (long long) result->aborts,
				(long long) result->fallback, (long long) result->faults, seconds);
		print_text(stdout, result, " # ");
	}
	printf("\n");
	fflush(stdout);
}

static void print_row(FILE *table, const struct test *test, const struct result *result, double seconds)
{
	static const char *const names[] = { "passed", "skipped", "FAILED", "BROKEN" };
	fprintf(table, "| %s | %s | %lld | %lld | %lld | %lld | %lld | %.1f s | %s", test->name, test->faults,
			(long long) result->faults, (long long) result->operations, (long long) result->lost,
			(long long) result->aborts, (long long) result->fallback, seconds, names[result->outcome]);
	print_text(table, result, ": ");
	fprintf(table, " |\n");
	fflush(table);
}

static int run_tests(void)
{
	struct result *result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	FILE *table = (options.table != NULL) ? fopen(options.table, "we") : NULL;
	if (result == MAP_FAILED || (options.table != NULL && table == NULL)) {
		perror("faults");
		return 2;
	}
	int count = 0;
	int timed = 0;
	for (int i = 0; i < TESTS; i++) {
		count += selected(&tests[i]);
		timed += selected(&tests[i]) && tests[i].timed;
	}
	struct utsname system;
	uname(&system);
	printf("# %s %s, %s, %d possible CPUs; registered by %s, rows by %s\n1..%d\n", system.sysname, system.release,
			system.machine, rows, (registration == REGISTERED_BY_SELF) ? "the library" : "libc",
			(sharding == PERCPU_MM_CID) ? "mm_cid" : "cpu_id", count);
	if (table != NULL) {
		fprintf(table, "| test | faults | done | operations | lost | aborts | to the fallback row | duration | outcome |\n"
				"|---|---|---:|---:|---:|---:|---:|---:|---|\n");
	}
	int number = 0;
	int failures = 0;
	for (int i = 0; i < TESTS; i++) {
		if (!selected(&tests[i])) {
			continue;
		}
		double seconds = 0;
		if (options.must_fail && tests[i].no_control != NULL) {
			memset(result, 0, sizeof(*result));
			skip(result, "has no negative control: %s", tests[i].no_control);
		}
		else {
			int tries = options.must_fail ? CONTROL_TRIES : 1;
			double share = options.seconds / (timed ? timed : 1);
			do {
				seconds += run_alone(&tests[i], result, share);
				share *= 2;
			}
			while (--tries > 0 && result->outcome == PASSED);
			if (options.must_fail) {
				judge_control(result);
			}
		}
		failures += result->outcome >= FAILED;
		print_line(++number, &tests[i], result, seconds);
		if (table != NULL) {
			print_row(table, &tests[i], result, seconds);
		}
	}
	printf("# %d of %d failed\n", failures, count);
	return failures != 0;
}

static int usage(const char *wrong)
{
	fprintf(stderr, "faults: what is '%s'?\n"
			"usage: faults [--list] [--only NAME]... [--seconds N] [--table FILE] [--must-fail] [--hotplug]\n"
			"              [--delay N] [--registration N] [--sharding N]\n"
			"  --list         prints the names of the tests and what they do\n"
			"  --only NAME    runs this test, and others named so\n"
			"  --seconds N    spreads this time over the tests that run as long as they may (60)\n"
			"  --table FILE   writes the results as a Markdown table too\n"
			"  --must-fail    a test that passes is a failure: for disarmed sections\n"
			"  --hotplug      allows to take a CPU offline (and back)\n"
			"  --delay N      N turns at every injection point of every section, where they were built in\n"
			"  --registration N  of threads: 0 by libc, 1 by the library; as libc has it\n"
			"  --sharding N   rows: 0 by cpu_id (0), 1 by mm_cid\n", wrong);
	return 2;
}

int main(int argc, char **argv)
{
	int hotplug = 0;
	own_path = argv[0];
	for (int i = 1; i < argc; i++) {
		const char *value = (i + 1 < argc) ? argv[i + 1] : NULL;
		if (strcmp(argv[i], "--list") == 0) {
			for (int t = 0; t < TESTS; t++) {
				printf("%-22s %s\n", tests[t].name, tests[t].faults);
			}
			return 0;
		}
		else if (strcmp(argv[i], "--must-fail") == 0) {
			options.must_fail = 1;
		}
		else if (strcmp(argv[i], "--hotplug") == 0) {
			hotplug = 1;
		}
		else if (value == NULL) {
			return usage(argv[i]);
		}
		else if (strcmp(argv[i], "--mode") == 0) {
			return run_mode(value);
		}
		else if (strcmp(argv[i], "--only") == 0 && options.onlies < TESTS) {
			options.only[options.onlies++] = argv[++i];
		}
		else if (strcmp(argv[i], "--seconds") == 0) {
			options.seconds = atof(argv[++i]);
		}
		else if (strcmp(argv[i], "--delay") == 0) {
			delay_everywhere(atoi(argv[++i]));
		}
		else if (strcmp(argv[i], "--registration") == 0) {
			registration = atoi(argv[++i]) ? REGISTERED_BY_SELF : REGISTERED_BY_LIBC;
		}
		else if (strcmp(argv[i], "--sharding") == 0) {
			sharding = atoi(argv[++i]) ? PERCPU_MM_CID : PERCPU_CPU;
		}
		else if (strcmp(argv[i], "--table") == 0) {
			options.table = argv[++i];
		}
		else {
			return usage(argv[i]);
		}
	}
	for (int i = 0; i < options.onlies; i++) {
		int known = 0;
		for (int t = 0; t < TESTS; t++) {
			known |= strcmp(options.only[i], tests[t].name) == 0;
		}
		if (!known) {
			return usage(options.only[i]);
		}
	}
	int started = start_recording();
	if (started < 0) {
		printf("Bail out! rseq can't be had here (%d)\n", started);
		return 3;
	}
	if (hotplug) {
		allow_hotplug();
	}
	struct sigaction action = { .sa_handler = leave };
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return run_tests();
}
