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

int64_t percpu_rseq_offset __attribute__((visibility("hidden")));
uint32_t percpu_cpu_count __attribute__((visibility("hidden")));

/* One line per CPU, and one for threads that go on without a valid CPU. */
struct statistics {
	uint64_t migrated;
	uint64_t preempted_or_signalled;
	uint64_t early;
	uint64_t fallback;
	uint64_t padding[4];
} __attribute__((aligned(64)));

static struct statistics statistics[PERCPU_MAX_CPUS + 1];

static struct statistics *statistics_of(int32_t cpu)
{
	return &statistics[((uint32_t) cpu < percpu_cpu_count) ? (uint32_t) cpu : PERCPU_MAX_CPUS];
}

static void count(uint64_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/*
 * Tells from what the section knew of its CPU whether the thread went on elsewhere. On
 * x86-64 one register holds the descriptor's address, then the CPU, then the CPU shifted;
 * nothing is spent for that before an abort.
 */
static void count_abort(int64_t seen)
{
	int32_t now = percpu_current_cpu();
	struct statistics *s = statistics_of(now);
	if (seen >= (INT64_C(1) << 32)) {
		count(&s->early);
		return;
	}
	int64_t cpu = (seen < (INT64_C(1) << PERCPU_ROW_SHIFT)) ? seen : (seen >> PERCPU_ROW_SHIFT);
	count((cpu == now) ? &s->preempted_or_signalled : &s->migrated);
}

static void *fallback_cell(int64_t slot)
{
	return (void *) (slot + ((int64_t) percpu_cpu_count << PERCPU_ROW_SHIFT));
}

__attribute__((visibility("hidden"))) void percpu_fallback_add_long(int64_t slot, int64_t delta)
{
	count(&statistics_of(percpu_current_cpu())->fallback);
	__atomic_fetch_add((int64_t *) fallback_cell(slot), delta, __ATOMIC_RELAXED);
}

__attribute__((visibility("hidden"))) void percpu_fallback_add_double(int64_t slot, double delta)
{
	count(&statistics_of(percpu_current_cpu())->fallback);
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

__attribute__((visibility("hidden"))) void percpu_retry_add_long(int64_t slot, int64_t delta, int64_t seen)
{
	for (int i = 0; i < PERCPU_RETRIES; i++) {
		count_abort(seen);
		seen = percpu_try_add_long(slot, delta);
		if (seen == PERCPU_COMMITTED) {
			return;
		}
		if (seen == PERCPU_NO_CPU) {
			break;
		}
	}
	if (seen >= 0) {
		count_abort(seen);
	}
	percpu_fallback_add_long(slot, delta);
}

__attribute__((visibility("hidden"))) void percpu_retry_add_double(int64_t slot, double delta, int64_t seen)
{
	for (int i = 0; i < PERCPU_RETRIES; i++) {
		count_abort(seen);
		seen = percpu_try_add_double(slot, delta);
		if (seen == PERCPU_COMMITTED) {
			return;
		}
		if (seen == PERCPU_NO_CPU) {
			break;
		}
	}
	if (seen >= 0) {
		count_abort(seen);
	}
	percpu_fallback_add_double(slot, delta);
}

/*
 * Records again after an abort (seen is what the section knew), or for the first time where
 * the line was of another epoch. Gives up after the bounded tries; the caller has cells of
 * its own for that.
 */
__attribute__((visibility("hidden"))) int32_t percpu_retry_record_long(int64_t slot, int64_t value, uint64_t epoch, int64_t seen)
{
	for (int i = (seen >= 0) ? 1 : 0; i <= PERCPU_RETRIES; i++) {
		if (seen >= 0) {
			count_abort(seen);
		}
		seen = percpu_try_record_long(slot, value, epoch);
		if (seen == PERCPU_COMMITTED) {
			return 0;
		}
		if (seen == PERCPU_NO_CPU) {
			break;
		}
	}
	if (seen >= 0) {
		count_abort(seen);
	}
	count(&statistics_of(percpu_current_cpu())->fallback);
	return 1;
}

__attribute__((visibility("hidden"))) int32_t percpu_retry_record_double(int64_t slot, double value, uint64_t epoch, int64_t seen)
{
	for (int i = (seen >= 0) ? 1 : 0; i <= PERCPU_RETRIES; i++) {
		if (seen >= 0) {
			count_abort(seen);
		}
		seen = percpu_try_record_double(slot, value, epoch);
		if (seen == PERCPU_COMMITTED) {
			return 0;
		}
		if (seen == PERCPU_NO_CPU) {
			break;
		}
	}
	if (seen >= 0) {
		count_abort(seen);
	}
	count(&statistics_of(percpu_current_cpu())->fallback);
	return 1;
}

/*
 * Adds 1 to one or two buckets and records: each section is exactly once, the buckets come
 * first, so that a reader that wants no more in the count than in the buckets reads the
 * count first.
 */
__attribute__((visibility("hidden"))) int32_t percpu_record_buckets_long_local(int64_t slot, int64_t value, uint64_t epoch, int64_t bucket,
		int64_t bucket2)
{
	percpu_add_long_local(bucket, 1);
	if (bucket2 != 0) {
		percpu_add_long_local(bucket2, 1);
	}
	return percpu_record_long_local(slot, value, epoch);
}

__attribute__((visibility("hidden"))) int32_t percpu_record_buckets_double_local(int64_t slot, double value, uint64_t epoch, int64_t bucket,
		int64_t bucket2)
{
	percpu_add_long_local(bucket, 1);
	if (bucket2 != 0) {
		percpu_add_long_local(bucket2, 1);
	}
	return percpu_record_double_local(slot, value, epoch);
}

PERCPU_EXPORT int32_t percpu_record_buckets_long(int64_t slot, int64_t value, uint64_t epoch, int64_t bucket, int64_t bucket2)
		__attribute__((alias("percpu_record_buckets_long_local")));

PERCPU_EXPORT int32_t percpu_record_buckets_double(int64_t slot, double value, uint64_t epoch, int64_t bucket, int64_t bucket2)
		__attribute__((alias("percpu_record_buckets_double_local")));

/*
 * Copies migrated, preempted or signalled, early and fallback of the first rows CPUs, four
 * numbers each, and then those of threads without a valid CPU.
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
