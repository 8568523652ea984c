/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens after the first abort of an operation: it is counted, tried again a bounded
 * number of times, and then added atomically to the fallback row.
 *
 * The fallback row is the one behind the last CPU's. No critical section ever stores to it
 * and no atomic instruction ever touches another row: a locked add and a plain add to the
 * same cell would lose counts.
 */
#include "percpu.h"
#include "syscalls.h"

#define HIDDEN __attribute__((visibility("hidden")))

/* One line per row, and one for threads that go on without a row. */
struct statistics {
	uint64_t migrated;
	uint64_t preempted_or_signalled;
	uint64_t early;
	uint64_t fallback;
	uint64_t padding[4];
} __attribute__((aligned(64)));

static struct statistics statistics[PERCPU_MAX_CPUS + 1];

static struct statistics *statistics_of(int32_t row)
{
	return &statistics[((uint32_t) row < percpu_cpu_count) ? (uint32_t) row : PERCPU_MAX_CPUS];
}

static int32_t row_of(struct percpu_place here)
{
	uintptr_t tp = percpu_thread_pointer();
	int32_t cpu = *(volatile int32_t *) (tp + (uintptr_t) here.rseq + RSEQ_CPU_ID);
	return (cpu < 0) ? cpu : *(volatile int32_t *) (tp + (uintptr_t) here.index);
}

static void count(uint64_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/*
 * Tells from what the section knew of its row whether the thread went on with another. On
 * x86-64 one register holds the descriptor's address, then the number, then the number
 * shifted; nothing is spent for that before an abort.
 */
static void count_abort(int64_t seen, struct percpu_place here)
{
	int32_t now = row_of(here);
	struct statistics *s = statistics_of(now);
	if (seen >= (INT64_C(1) << 32)) {
		count(&s->early);
		return;
	}
	int64_t row = (seen < (INT64_C(1) << PERCPU_ROW_SHIFT)) ? seen : (seen >> PERCPU_ROW_SHIFT);
	count((row == now) ? &s->preempted_or_signalled : &s->migrated);
}

static void count_fallback(void)
{
	count(&statistics_of(row_of(percpu_here()))->fallback);
}

/*
 * What has become of an operation, from the first attempt's outcome (PERCPU_NOT_TRIED, if
 * there was none) on.
 */
struct attempts {
	struct percpu_place here;
	int64_t seen;
	int32_t tried;
};

static struct attempts attempts_after(int64_t seen)
{
	return (struct attempts) { percpu_here(), seen, (seen == PERCPU_NOT_TRIED) ? 0 : 1 };
}

/* Counts the last attempt's abort; whether there is to be another attempt. */
static int try_again(struct attempts *attempts)
{
	if (attempts->seen >= 0) {
		count_abort(attempts->seen, attempts->here);
	}
	return attempts->seen != PERCPU_COMMITTED && attempts->seen != PERCPU_NO_CPU && attempts->tried++ <= PERCPU_RETRIES;
}

static void *fallback_cell(int64_t slot)
{
	return (void *) (slot + ((int64_t) percpu_cpu_count << PERCPU_ROW_SHIFT));
}

HIDDEN void percpu_fallback_add_long(int64_t slot, int64_t delta)
{
	count_fallback();
	__atomic_fetch_add((int64_t *) fallback_cell(slot), delta, __ATOMIC_RELAXED);
}

HIDDEN void percpu_fallback_add_double(int64_t slot, double delta)
{
	count_fallback();
	union {
		double value;
		int64_t bits;
	} before, after;
	int64_t *cell = fallback_cell(slot);
	before.bits = __atomic_load_n(cell, __ATOMIC_RELAXED);
	do {
		after.value = before.value + delta;
	} while (!__atomic_compare_exchange_n(cell, &before.bits, after.bits, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

/*
 * The functions that go on after a first attempt's abort, or make the first one where there
 * has been none: seen tells which. An add that no attempt commits goes to the fallback row; a
 * record that none does returns 1, since its caller has cells of its own for that.
 */
#define RETRY_FUNCTIONS(type, value_type) \
	HIDDEN void percpu_retry_add_##type(int64_t slot, value_type delta, int64_t seen) \
	{ \
		struct attempts attempts = attempts_after(seen); \
		while (try_again(&attempts)) { \
			attempts.seen = percpu_try_add_##type(slot, delta, attempts.here.rseq, attempts.here.index); \
		} \
		if (attempts.seen != PERCPU_COMMITTED) { \
			percpu_fallback_add_##type(slot, delta); \
		} \
	} \
	HIDDEN int32_t percpu_retry_record_##type(int64_t slot, value_type value, uint64_t epoch, int64_t seen) \
	{ \
		struct attempts attempts = attempts_after(seen); \
		while (try_again(&attempts)) { \
			attempts.seen = percpu_try_record_##type(slot, value, epoch, attempts.here.rseq, attempts.here.index); \
		} \
		if (attempts.seen == PERCPU_COMMITTED) { \
			return 0; \
		} \
		count_fallback(); \
		return 1; \
	} \
	/* A bucket's add was aborted, or found no row; then the other bucket's, then the record. */ \
	HIDDEN int32_t percpu_resume_buckets_##type(int64_t slot, value_type value, uint64_t epoch, int64_t bucket, \
			int64_t bucket2, int64_t seen) \
	{ \
		percpu_retry_add_long(bucket, 1, seen); \
		if (bucket2 != 0) { \
			percpu_retry_add_long(bucket2, 1, PERCPU_NOT_TRIED); \
		} \
		return percpu_retry_record_##type(slot, value, epoch, PERCPU_NOT_TRIED); \
	} \
	/* For threads that we register: where their struct rseq is, is known in here only. */ \
	PERCPU_EXPORT void percpu_self_add_##type(int64_t slot, value_type delta) \
	{ \
		struct percpu_place here = percpu_here(); \
		int64_t seen = percpu_try_add_##type(slot, delta, here.rseq, here.index); \
		if (seen != PERCPU_COMMITTED) { \
			percpu_retry_add_##type(slot, delta, seen); \
		} \
	} \
	PERCPU_EXPORT int32_t percpu_self_record_##type(int64_t slot, value_type value, uint64_t epoch) \
	{ \
		struct percpu_place here = percpu_here(); \
		int64_t seen = percpu_try_record_##type(slot, value, epoch, here.rseq, here.index); \
		return (seen == PERCPU_COMMITTED) ? 0 : percpu_retry_record_##type(slot, value, epoch, seen); \
	} \
	PERCPU_EXPORT int32_t percpu_self_record_buckets_##type(int64_t slot, value_type value, uint64_t epoch, \
			int64_t bucket, int64_t bucket2) \
	{ \
		struct percpu_place here = percpu_here(); \
		int64_t seen = percpu_try_add_long(bucket, 1, here.rseq, here.index); \
		if (seen != PERCPU_COMMITTED) { \
			return percpu_resume_buckets_##type(slot, value, epoch, bucket, bucket2, seen); \
		} \
		seen = (bucket2 != 0) ? percpu_try_add_long(bucket2, 1, here.rseq, here.index) : PERCPU_COMMITTED; \
		if (seen != PERCPU_COMMITTED) { \
			return percpu_resume_buckets_##type(slot, value, epoch, bucket2, 0, seen); \
		} \
		seen = percpu_try_record_##type(slot, value, epoch, here.rseq, here.index); \
		return (seen == PERCPU_COMMITTED) ? 0 : percpu_retry_record_##type(slot, value, epoch, seen); \
	} \
	HIDDEN_ALIAS(void, percpu_self_add_##type, (int64_t slot, value_type delta)); \
	HIDDEN_ALIAS(int32_t, percpu_self_record_##type, (int64_t slot, value_type value, uint64_t epoch)); \
	HIDDEN_ALIAS(int32_t, percpu_self_record_buckets_##type, \
			(int64_t slot, value_type value, uint64_t epoch, int64_t bucket, int64_t bucket2))

/* A name for use inside of the library, which needs no symbol look-up. */
#define HIDDEN_ALIAS(result, name, parameters) \
	HIDDEN result name##_local parameters __attribute__((alias(#name)))

RETRY_FUNCTIONS(long, int64_t);
RETRY_FUNCTIONS(double, double);

/*
 * Copies migrated, preempted or signalled, early and fallback of so many rows, four numbers
 * each, and then those of threads without a row.
 */
PERCPU_EXPORT void percpu_statistics(int64_t *out, int32_t rows)
{
	for (int32_t i = 0; i <= rows; i++) {
		struct statistics *s = (i < rows) ? &statistics[i] : &statistics[PERCPU_MAX_CPUS];
		*out++ = (int64_t) __atomic_load_n(&s->migrated, __ATOMIC_RELAXED);
		*out++ = (int64_t) __atomic_load_n(&s->preempted_or_signalled, __ATOMIC_RELAXED);
		*out++ = (int64_t) __atomic_load_n(&s->early, __ATOMIC_RELAXED);
		*out++ = (int64_t) __atomic_load_n(&s->fallback, __ATOMIC_RELAXED);
	}
}
