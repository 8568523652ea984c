/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sections with an injection point before every instruction (inject.awk): turns are lost
 * there, or a trap is raised, whose handler does the same operation.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>
#include "faults.h"

#ifdef PERCPU_INJECT

/* What INJECT of sections.S makes. */
struct point {
	uint64_t address;
	uint64_t spins;
	uint64_t trap;
};

extern struct point points[] __asm__("__start_percpu_points");
extern struct point points_end[] __asm__("__stop_percpu_points");
extern const struct descriptor *const descriptors[] __asm__("__start___rseq_cs_ptr_array");
extern const struct descriptor *const descriptors_end[] __asm__("__stop___rseq_cs_ptr_array");

static int point_count(void)
{
	return (int) (points_end - points);
}

void delay_everywhere(int turns)
{
	for (int i = 0; i < point_count(); i++) {
		__atomic_store_n(&points[i].spins, turns, __ATOMIC_RELAXED);
	}
}

int delay_at(int point, int turns)
{
	if (point >= point_count()) {
		return 0;
	}
	__atomic_store_n(&points[point].spins, turns, __ATOMIC_RELAXED);
	return 1;
}

/* How far before the point's address a thread is that was stopped by the trap. */
#if defined(__x86_64__)
enum { TRAP_LENGTH = 0 };

static uint64_t pc_of(const ucontext_t *context)
{
	return (uint64_t) context->uc_mcontext.gregs[REG_RIP];
}

static void go_on_at(ucontext_t *context, uint64_t pc)
{
	context->uc_mcontext.gregs[REG_RIP] = (greg_t) pc;
}
#else
enum { TRAP_LENGTH = 4 };

static uint64_t pc_of(const ucontext_t *context)
{
	return context->uc_mcontext.pc;
}

static void go_on_at(ucontext_t *context, uint64_t pc)
{
	context->uc_mcontext.pc = pc;
}
#endif

static struct {
	const struct subject *subject;
	struct point *point;
	char *segment;
	struct tally handled;
	int traps;
	int aborted;
} trapped;

static void handle_trap(int signal, siginfo_t *info, void *argument)
{
	(void) signal;
	(void) info;
	ucontext_t *context = argument;
	trapped.traps++;
	trapped.point->trap = 0;
	if (pc_of(context) + TRAP_LENGTH == trapped.point->address) {
		go_on_at(context, trapped.point->address);
	}
	else {
		trapped.aborted = 1;
	}
	operate(trapped.subject, trapped.segment, &trapped.handled);
}

/* The section that the point lies in, or NULL. */
static const struct descriptor *section_of(const struct point *point)
{
	for (const struct descriptor *const *d = descriptors; d < descriptors_end; d++) {
		if (point->address - (*d)->start < (*d)->length) {
			return *d;
		}
	}
	return NULL;
}

/* Returns whether the operation came by the point. */
static int try_point(struct point *point, struct result *result)
{
	enum { REPETITIONS = 5 };
	const char *name = operation_names[trapped.subject->operation];
	const char *path = path_names[trapped.subject->path];
	int inside = section_of(point) != NULL;
	int64_t aborts = 0;
	for (int repetition = 0; repetition < REPETITIONS; repetition++) {
		struct tally done = { 0 };
		clear(trapped.segment);
		memset(&trapped.handled, 0, sizeof(trapped.handled));
		trapped.traps = 0;
		trapped.aborted = 0;
		trapped.point = point;
		prepare_for(trapped.subject, trapped.segment, &done);
		int64_t before = total_aborts();
		point->trap = 1;
		operate(trapped.subject, trapped.segment, &done);
		point->trap = 0;
		aborts = total_aborts() - before;
		if (trapped.traps == 0) {
			return 0;
		}
		add_tally(&done, &trapped.handled);
		verify(trapped.segment, &done, result);
		if (done.done[trapped.subject->operation] != 3 || trapped.traps != 1) {
			fail(result, "%s%s: not done on a CPU when trapped before %#llx", name, path,
					(unsigned long long) point->address);
		}
		result->faults++;
		result->aborts += aborts;
		/* The machine's other work may abort a section, too. */
		if (aborts <= inside) {
			break;
		}
	}
	if (aborts != inside || trapped.aborted != inside) {
		fail(result, "%s%s: trapped before %#llx, %s a section, it aborted %lld times", name, path,
				(unsigned long long) point->address, inside ? "inside" : "outside", (long long) aborts);
	}
	return 1;
}

void test_traps(struct result *result, double seconds)
{
	(void) seconds;
	enum { MAX_POINTS = 4096 };
	static char reached[MAX_POINTS];
	int inside = 0;
	int total = 0;
	struct sigaction action = { .sa_sigaction = handle_trap, .sa_flags = SA_SIGINFO };
	sigaction(SIGTRAP, &action, NULL);
	delay_everywhere(0);
	trapped.segment = map_segment();
	if (point_count() > MAX_POINTS) {
		give_up(result, "%d points", point_count());
		return;
	}
	for (int s = 0; s < SUBJECTS; s++) {
		trapped.subject = &subjects[s];
		for (int i = 0; i < point_count(); i++) {
			reached[i] |= (char) try_point(&points[i], result);
		}
	}
	for (int i = 0; i < point_count(); i++) {
		const struct descriptor *section = section_of(&points[i]);
		total += reached[i];
		inside += reached[i] && section != NULL;
		/* Of a section that was entered, each point must have been passed by some operation. */
		for (int other = 0; other < point_count() && section != NULL && !reached[i]; other++) {
			if (reached[other] && section_of(&points[other]) == section) {
				fail(result, "the point before %#llx was never passed", (unsigned long long) points[i].address);
			}
		}
	}
	note(result, "%d points, %d of them inside sections", total, inside);
	if (inside < 3 * OPERATIONS) {
		fail(result, "%d points inside sections", inside);
	}
}

#else

void delay_everywhere(int turns)
{
	(void) turns;
}

int delay_at(int point, int turns)
{
	(void) point;
	(void) turns;
	return 0;
}

void test_traps(struct result *result, double seconds)
{
	(void) seconds;
	skip(result, "these are the sections as they are shipped, without injection points");
}

#endif
