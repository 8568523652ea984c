/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sections as they are shipped, interrupted at every single instruction, one after the
 * other: nothing is left to chance.
 *
 * First an operation is single-stepped in a thread that the kernel has forgotten, so that
 * nothing aborts: that gives the addresses of its instructions, and shows by what it
 * stores to memory where it arms a section and where it commits. Then, for each instruction,
 * a new child runs the operation until a breakpoint there. While it is stopped, the same
 * operation is done on the same CPU by somebody else; then it goes on. Between arming and
 * commit it must abort, once, and elsewhere not; and nothing may be lost.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include "faults.h"

#if defined(__x86_64__)
typedef struct user_regs_struct registers;
#define PC(registers) ((registers)->rip)
#define BREAKPOINT 0xccu
#define BREAKPOINT_MASK 0xffu
/* How far behind the breakpoint's address the thread stops. */
#define BREAKPOINT_ADVANCE 1
#else
typedef struct {
	uint64_t general[31];
	uint64_t sp;
	uint64_t pc;
	uint64_t pstate;
} registers;
#define PC(registers) ((registers)->pc)
#define BREAKPOINT 0xd4200000u
#define BREAKPOINT_MASK 0xffffffffu
#define BREAKPOINT_ADVANCE 0
#endif

enum { NT_PRSTATUS_REGISTERS = 1, MAX_INSTRUCTIONS = 2048, INTRUDER_SIGNAL = SIGUSR1, REPETITIONS = 5 };

/* What of a row a reader takes for valid. */
struct visible {
	int64_t counts[OPERATIONS];
	int64_t totals[OPERATIONS];
	int64_t buckets[BUCKETS];
};

/* Shared with the child. */
struct scene {
	struct kernel_rseq *area;
	volatile int inside_operation;
	volatile int64_t aborts;
	volatile int64_t fallback;
	struct tally before;
	struct tally done;
	struct tally handled;
	struct tally intruder;
};

/* An instruction and whether a section is armed and not committed before it. */
struct boundary {
	uint64_t pc;
	int armed;
	int inside;
};

struct stage {
	struct subject subject;
	struct scene *scene;
	char *segment;
	int here;
	int elsewhere;
	struct boundary boundaries[MAX_INSTRUCTIONS];
	int size;
};

static struct stage stage;

/* ---- The child ----------------------------------------------------------------------- */

static void intrude(int signal)
{
	(void) signal;
	int saved = errno;
	operate(&stage.subject, stage.segment, &stage.scene->handled);
	errno = saved;
}

/* Stops before the operation, and tells in the scene what it did. */
static void play(int forgotten)
{
	struct sigaction action = { .sa_handler = intrude };
	sigaction(INTRUDER_SIGNAL, &action, NULL);
	prepare_for(&stage.subject, stage.segment, &stage.scene->before);
	int64_t aborts = total_aborts();
	int64_t fallback = total_fallback();
	if (forgotten && !deceive_thread(stage.here)) {
		_exit(1);
	}
	stage.scene->area = thread_area();
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	stage.scene->inside_operation = 1;
	operate(&stage.subject, stage.segment, &stage.scene->done);
	stage.scene->inside_operation = 0;
	stage.scene->aborts = total_aborts() - aborts;
	stage.scene->fallback = total_fallback() - fallback;
	_exit(0);
}

/* ---- The tracer ---------------------------------------------------------------------- */

static int get_registers(pid_t child, registers *values)
{
	struct iovec io = { values, sizeof(*values) };
	return ptrace(PTRACE_GETREGSET, child, (void *) NT_PRSTATUS_REGISTERS, &io) == 0;
}

static int set_registers(pid_t child, registers *values)
{
	struct iovec io = { values, sizeof(*values) };
	return ptrace(PTRACE_SETREGSET, child, (void *) NT_PRSTATUS_REGISTERS, &io) == 0;
}

static int stopped_by(pid_t child, int signal)
{
	int status;
	return waitpid(child, &status, 0) == child && WIFSTOPPED(status) && WSTOPSIG(status) == signal;
}

static int ended_well(pid_t child)
{
	int status;
	return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void see(struct visible *visible, int row)
{
	memset(visible, 0, sizeof(*visible));
	for (int i = 0; i < OPERATIONS; i++) {
		visible->counts[i] = found(stage.segment, i, row);
		if (i >= RECORD_LONG) {
			struct reading line;
			read_line(stage.segment, i, row, &line);
			visible->totals[i] = line.total;
		}
	}
	for (int i = 0; i < BUCKETS; i++) {
		visible->buckets[i] = found_in_bucket(stage.segment, i, row);
	}
}

static pid_t begin(int forgotten)
{
	memset(stage.scene, 0, sizeof(*stage.scene));
	clear(stage.segment);
	pid_t child = fork();
	if (child == 0) {
		play(forgotten);
	}
	return (child > 0 && stopped_by(child, SIGSTOP)) ? child : -1;
}

/* What the child has armed. */
static uint64_t armed(pid_t child)
{
	return (uint64_t) ptrace(PTRACE_PEEKDATA, child, &stage.scene->area->rseq_cs, NULL);
}

static int in_descriptor(uint64_t address, uint64_t pc)
{
	const struct descriptor *descriptor = (const struct descriptor *) (uintptr_t) address;
	return pc - descriptor->start < descriptor->length;
}

/*
 * A section that is left by a jump (no CPU, another epoch) commits nothing, so that its end
 * can't be seen; for such a one alone the descriptor is believed.
 */
static void believe_descriptor(int arming, uint64_t descriptor)
{
	for (int i = 0; i < stage.size; i++) {
		if (stage.boundaries[i].armed == arming) {
			stage.boundaries[i].inside = in_descriptor(descriptor, stage.boundaries[i].pc);
		}
	}
}

/* Adds an instruction, unless it was seen: a breakpoint stops at the first passing. */
static void add_boundary(uint64_t pc, int arming)
{
	for (int i = 0; i < stage.size; i++) {
		if (stage.boundaries[i].pc == pc) {
			return;
		}
	}
	if (stage.size < MAX_INSTRUCTIONS) {
		stage.boundaries[stage.size++] = (struct boundary) { pc, arming, arming != 0 };
	}
}

/* Fills stage.boundaries; returns 0 where the child could not be stepped. */
static int trace(void)
{
	stage.size = 0;
	pid_t child = begin(1);
	if (child < 0) {
		return 0;
	}
	struct visible visible;
	see(&visible, stage.here);
	uint64_t descriptor = 0;
	int armings = 0;
	int arming = 0;
	for (;;) {
		int status;
		if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) != 0 || waitpid(child, &status, 0) != child) {
			return 0;
		}
		if (WIFEXITED(status)) {
			break;
		}
		registers values;
		if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP || !get_registers(child, &values)) {
			return 0;
		}
		struct visible now;
		see(&now, stage.here);
		if (memcmp(&now, &visible, sizeof(now)) != 0) {
			visible = now;
			arming = 0;
			descriptor = 0;
			ptrace(PTRACE_POKEDATA, child, &stage.scene->area->rseq_cs, NULL);
		}
		if (armed(child) != descriptor) {
			if (arming != 0) {
				believe_descriptor(arming, descriptor);
			}
			descriptor = armed(child);
			arming = ++armings;
		}
		if (stage.scene->inside_operation) {
			add_boundary(PC(&values), arming);
		}
	}
	return armings > 0 && stage.scene->done.done[stage.subject.operation] == 1;
}

enum intrusion { BY_SIGNAL, BY_PREEMPTION, BY_MIGRATION };

static int set_breakpoint(pid_t child, uint64_t pc, long *original)
{
	errno = 0;
	*original = ptrace(PTRACE_PEEKTEXT, child, (void *) (uintptr_t) pc, NULL);
	uint64_t changed = ((uint64_t) *original & ~(uint64_t) BREAKPOINT_MASK) | BREAKPOINT;
	return errno == 0 && ptrace(PTRACE_POKETEXT, child, (void *) (uintptr_t) pc, (void *) (uintptr_t) changed) == 0;
}

/* What one child tells where the machine's other work aborted its section before the boundary. */
enum { ABORTED_BEFORE = -1 };

/* One child, one boundary. Aborts that were too many are left to the caller: there may be others. */
static int64_t try_boundary(const struct boundary *boundary, enum intrusion intrusion, struct result *result)
{
	const char *name = operation_names[stage.subject.operation];
	const char *path = path_names[stage.subject.path];
	pid_t child = begin(0);
	long original;
	registers values;
	if (child < 0 || !set_breakpoint(child, boundary->pc, &original)) {
		give_up(result, "%s%s: no breakpoint could be set", name, path);
		return 0;
	}
	ptrace(PTRACE_CONT, child, NULL, NULL);
	int status;
	if (waitpid(child, &status, 0) != child) {
		give_up(result, "%s%s: the child is gone", name, path);
		return 0;
	}
	/* The retry is other code, which the breakpoint is not in. */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && stage.scene->aborts > 0) {
		struct tally expected = stage.scene->before;
		add_tally(&expected, &stage.scene->done);
		verify(stage.segment, &expected, result);
		return ABORTED_BEFORE;
	}
	if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP || !get_registers(child, &values)) {
		fail(result, "%s%s: the instruction at %#llx was not reached", name, path, (unsigned long long) boundary->pc);
		return 0;
	}
	ptrace(PTRACE_POKETEXT, child, (void *) (uintptr_t) boundary->pc, (void *) original);
	if (PC(&values) == boundary->pc + BREAKPOINT_ADVANCE) {
		PC(&values) = boundary->pc;
		set_registers(child, &values);
	}
	struct visible left;
	if (intrusion != BY_SIGNAL) {
		operate(&stage.subject, stage.segment, &stage.scene->intruder);
	}
	see(&left, stage.here);
	if (intrusion == BY_MIGRATION && !pin_to(child, stage.elsewhere)) {
		give_up(result, "the child could not be moved");
	}
	ptrace(PTRACE_CONT, child, NULL, (void *) (intptr_t) ((intrusion == BY_SIGNAL) ? INTRUDER_SIGNAL : 0));
	if (!ended_well(child)) {
		fail(result, "%s%s: crashed when interrupted at %#llx", name, path, (unsigned long long) boundary->pc);
		return 0;
	}
	struct tally expected = stage.scene->before;
	add_tally(&expected, &stage.scene->done);
	add_tally(&expected, &stage.scene->handled);
	add_tally(&expected, &stage.scene->intruder);
	verify(stage.segment, &expected, result);
	struct visible after;
	see(&after, stage.here);
	/* By mm_cid, a thread that is alone in its process keeps its row. */
	if (intrusion == BY_MIGRATION && sharding == PERCPU_CPU && memcmp(&left, &after, sizeof(left)) != 0) {
		result->lost++;
		fail(result, "%s%s: moved at %#llx, and stored to the row of the CPU it had left", name, path,
				(unsigned long long) boundary->pc);
	}
	if (stage.scene->handled.done[stage.subject.operation] + stage.scene->intruder.done[stage.subject.operation] != 1
			|| stage.scene->done.done[stage.subject.operation] != 1 || stage.scene->fallback != 0) {
		fail(result, "%s%s: not done on a CPU when interrupted at %#llx", name, path, (unsigned long long) boundary->pc);
	}
	result->aborts += stage.scene->aborts;
	return stage.scene->aborts;
}

/* Goes on after a failure: how much is lost says more than that something is. */
static void try_subject(enum intrusion intrusion, struct result *result)
{
	int inside = 0;
	for (int i = 0; i < stage.size; i++) {
		const struct boundary *boundary = &stage.boundaries[i];
		int64_t aborts = 0;
		/* The machine's other work may abort a section, too. */
		for (int repetition = 0; repetition < REPETITIONS; repetition++) {
			aborts = try_boundary(boundary, intrusion, result);
			result->faults++;
			if (aborts != ABORTED_BEFORE && aborts <= boundary->inside) {
				break;
			}
		}
		if (aborts == ABORTED_BEFORE) {
			fail(result, "%s%s: aborted before %#llx each time", operation_names[stage.subject.operation],
					path_names[stage.subject.path], (unsigned long long) boundary->pc);
		}
		else if (aborts != boundary->inside) {
			fail(result, "%s%s: interrupted at %#llx, %s its section, it aborted %lld times",
					operation_names[stage.subject.operation], path_names[stage.subject.path],
					(unsigned long long) boundary->pc, boundary->inside ? "inside" : "outside", (long long) aborts);
		}
		inside += boundary->inside;
	}
	if (inside < 3) {
		fail(result, "%s%s: %d instructions inside a section", operation_names[stage.subject.operation],
				path_names[stage.subject.path], inside);
	}
}

static int set_stage(struct result *result, int cpus_needed)
{
	int cpus[2];
	/* Each turn of a delay would be a step. */
	delay_everywhere(0);
	if (allowed_cpus(cpus, 2) < cpus_needed) {
		skip(result, "there is one CPU only");
		return 0;
	}
	stage.here = cpus[0];
	stage.elsewhere = (cpus_needed > 1) ? cpus[1] : cpus[0];
	stage.segment = map_shared_segment();
	stage.scene = mmap(NULL, sizeof(*stage.scene), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!pin_to(0, stage.here)) {
		give_up(result, "could not pin the test");
		return 0;
	}
	pid_t child = fork();
	if (child == 0) {
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : 1);
	}
	if (!ended_well(child)) {
		skip(result, "ptrace is refused here");
		return 0;
	}
	return 1;
}

static void test_boundaries(enum intrusion intrusion, struct result *result)
{
	int instructions = 0;
	if (!set_stage(result, (intrusion == BY_MIGRATION) ? 2 : 1)) {
		return;
	}
	for (int i = 0; i < SUBJECTS; i++) {
		stage.subject = subjects[i];
		if (!trace()) {
			give_up(result, "%s%s could not be stepped through", operation_names[subjects[i].operation],
					path_names[subjects[i].path]);
			return;
		}
		try_subject(intrusion, result);
		instructions += stage.size;
	}
	note(result, "%d instructions of %d operations", instructions, SUBJECTS);
}

void test_boundary_signal(struct result *result, double seconds)
{
	(void) seconds;
	test_boundaries(BY_SIGNAL, result);
}

void test_boundary_preemption(struct result *result, double seconds)
{
	(void) seconds;
	test_boundaries(BY_PREEMPTION, result);
}

void test_boundary_migration(struct result *result, double seconds)
{
	(void) seconds;
	test_boundaries(BY_MIGRATION, result);
}

/* ---- Single-stepping ----------------------------------------------------------------- */

/* Sections of the operation, all of which can't but give up. */
static int sections_of(enum operation operation)
{
	return (operation == BUCKETS_LONG) ? 3 : (operation == BUCKETS_DOUBLE) ? 2 : 1;
}

#if defined(__aarch64__)
/*
 * A load-exclusive and its store-exclusive never succeed with a stop between them, in whatever
 * program, so debuggers go over them in one step; this does, too. Sections have none, but the
 * fallback's atomic additions do.
 */
static int step_over_exclusive(pid_t child, int *status)
{
	enum { LONGEST = 16 };
	registers values;
	if (!get_registers(child, &values)) {
		return 0;
	}
	uint64_t pc = PC(&values);
	errno = 0;
	uint32_t instruction = (uint32_t) ptrace(PTRACE_PEEKTEXT, child, (void *) pc, NULL);
	if (errno != 0 || (instruction & 0x3fc00000u) != 0x08400000u) {
		return 0;
	}
	for (int i = 0; i < LONGEST; i++) {
		pc += 4;
		instruction = (uint32_t) ptrace(PTRACE_PEEKTEXT, child, (void *) pc, NULL);
		long original;
		if ((instruction & 0x3fc00000u) == 0x08000000u && set_breakpoint(child, pc + 4, &original)) {
			int stepped = ptrace(PTRACE_CONT, child, NULL, NULL) == 0 && waitpid(child, status, 0) == child;
			ptrace(PTRACE_POKETEXT, child, (void *) (pc + 4), (void *) original);
			return stepped;
		}
	}
	return 0;
}
#else
static int step_over_exclusive(pid_t child, int *status)
{
	(void) child;
	(void) status;
	return 0;
}
#endif

static int step(pid_t child, int *status)
{
	return step_over_exclusive(child, status)
			|| (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) == 0 && waitpid(child, status, 0) == child);
}

static void step_through(enum operation operation, struct result *result)
{
	const char *name = operation_names[operation];
	stage.subject = (struct subject) { operation, DIRECT };
	pid_t child = begin(0);
	int status = 0;
	int64_t steps = 0;
	if (child < 0) {
		give_up(result, "%s: no child", name);
		return;
	}
	do {
		steps++;
		if (!step(child, &status)) {
			give_up(result, "%s: could not be stepped", name);
			return;
		}
	}
	while (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP && steps < 1000000);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		fail(result, "%s: did not end within %lld steps", name, (long long) steps);
		return;
	}
	struct scene *scene = stage.scene;
	struct tally expected = scene->before;
	add_tally(&expected, &scene->done);
	verify(stage.segment, &expected, result);
	int sections = sections_of(operation);
	if (scene->aborts != (int64_t) sections * (1 + PERCPU_RETRIES) || scene->fallback != sections) {
		fail(result, "%s: %lld aborts and %lld operations given up, of %d sections", name, (long long) scene->aborts,
				(long long) scene->fallback, sections);
	}
	int64_t refused = operation >= RECORD_LONG;
	if (scene->done.refused[operation] != refused || scene->done.done[operation] != 1 - refused
			|| found(stage.segment, operation, rows) != 1 - refused) {
		fail(result, "%s: neither refused nor in the fallback cell", name);
	}
	for (int bucket = 0; bucket < BUCKETS; bucket++) {
		if (found_in_bucket(stage.segment, bucket, rows) != scene->done.buckets[bucket]) {
			fail(result, "%s: a bucket is not in the fallback row", name);
		}
	}
	result->aborts += scene->aborts;
	result->fallback += scene->fallback;
	result->faults += steps;
}

void test_single_step(struct result *result, double seconds)
{
	(void) seconds;
	if (!set_stage(result, 1)) {
		return;
	}
	for (int i = 0; i < OPERATIONS; i++) {
		step_through(i, result);
	}
}
