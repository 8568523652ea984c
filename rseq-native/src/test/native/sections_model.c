/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic of the record sections, without a kernel: a section is plain code, so it
 * runs in a thread whose struct rseq is a fake that says "CPU 1", also under an emulator
 * that knows no rseq. Random values and epochs, compared with a plain model. Prints "ok N"
 * or what differs. Linked with sections.S of one architecture, fallback.c, registration.c and control.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "percpu.h"

enum { ROWS = 3, CPU = 1, STEPS = 20000, MAX_PAST = 64, LINE_BYTES = 48 + 8 * MAX_PAST + 64 };

static __thread _Alignas(32) struct {
	uint32_t cpu_id_start;
	int32_t cpu_id;
	uint64_t rseq_cs;
	uint32_t flags;
	uint32_t node_id;
	int32_t mm_cid;
	uint32_t rest;
} fake;

static _Alignas(64) char rows[(ROWS + 1) << PERCPU_ROW_SHIFT];

struct model {
	int64_t count;
	int64_t long_total;
	double double_total;
	int32_t epoch;
	/* The maximum of each epoch, by epoch modulo a number larger than any window. */
	int64_t max[4096];
	int32_t of[4096];
};

static struct model model;

static uint64_t state = 88172645463325252u;

static uint64_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void model_record(int64_t bits, int32_t epoch)
{
	model.epoch = (epoch > model.epoch) ? epoch : model.epoch;
	int i = model.epoch & 4095;
	if (model.of[i] != model.epoch) {
		model.of[i] = model.epoch;
		model.max[i] = 0;
	}
	if (bits > model.max[i]) {
		model.max[i] = bits;
	}
	model.count++;
}

/* The maximum of an epoch that counts from the line's own, 0 where nothing was recorded. */
static int64_t model_max(int32_t epoch)
{
	int i = epoch & 4095;
	return (epoch >= 0 && model.of[i] == epoch) ? model.max[i] : 0;
}

static int check(const char *type, int past, int step, uint64_t total, uint64_t total_expected)
{
	const char *line = rows + (CPU << PERCPU_ROW_SHIFT) + 64;
	const int64_t *words = (const int64_t *) line;
	int copy = words[0] & 1;
	int32_t epoch = ((const int32_t *) (line + 40))[copy];
	int wrong = words[0] != model.count || total != total_expected || epoch != model.epoch
		|| words[3 + copy] != model_max(epoch);
	for (int back = 1; back <= past && !wrong; back++) {
		wrong = words[6 + ((epoch - back) & (past - 1))] != model_max(epoch - back);
	}
	/* What is around the line. */
	for (const char *p = rows; p < rows + sizeof(rows) && !wrong && step % 1000 == 0; p++) {
		wrong = (p < line || p >= line + 48 + 8 * past) && *p != 0;
	}
	if (wrong) {
		printf("%s with %d past entries differs at step %d: count %lld, epoch %d\n", type, past, step,
				(long long) words[0], epoch);
	}
	return wrong;
}

/* By CPU and by concurrency id, where the fake's is the same number. */
static int run(int past, int is_double, int cid)
{
	memset(rows, 0, sizeof(rows));
	memset(&model, 0, sizeof(model));
	int64_t slot = (int64_t) (rows + 64);
	int64_t *words = (int64_t *) (rows + (CPU << PERCPU_ROW_SHIFT) + 64);
	int32_t epoch = 0;
	for (int step = 1; step <= STEPS; step++) {
		uint64_t random = next_random();
		switch (random % 8) {
			case 0: epoch += (int32_t) (random >> 8) % 12; break;
			case 1: case 2: epoch++; break;
			case 3: epoch += ((random >> 8) % 50 == 0) ? (int32_t) ((random >> 16) % 5000) : 0; break;
			default: break;
		}
		int32_t given = epoch - (((random >> 32) % 8 == 0) ? (int32_t) ((random >> 40) % 20) : 0);
		uint64_t word = ((uint64_t) past << 32) | (uint32_t) given;
		int64_t value = (int64_t) (next_random() >> (24 + next_random() % 40));
		union {
			double value;
			int64_t bits;
		} d = { .value = (double) value / 4 };
		int result = is_double ? (cid ? percpu_cid_record_double_local : percpu_record_double_local)(slot, d.value, word)
				: (cid ? percpu_cid_record_long_local : percpu_record_long_local)(slot, value, word);
		if (result != 0) {
			printf("refused at step %d\n", step);
			return 1;
		}
		model_record(is_double ? d.bits : value, given);
		model.long_total += value;
		model.double_total += d.value;
		int copy = words[0] & 1;
		union {
			double value;
			uint64_t bits;
		} expected = { .value = model.double_total };
		if (check(is_double ? "double" : "long", past, step, (uint64_t) words[1 + copy],
				is_double ? expected.bits : (uint64_t) model.long_total)) {
			return 1;
		}
	}
	return 0;
}

static int run_without_cpu(int32_t cpu)
{
	fake.cpu_id = cpu;
	fake.mm_cid = (cpu < 0) ? 0 : cpu;
	memset(rows, 0, sizeof(rows));
	int64_t slot = (int64_t) (rows + 64);
	int refused = percpu_record_long_local(slot, 1, 5) == 1 && percpu_record_double_local(slot, 1, 5) == 1
		&& percpu_cid_record_long_local(slot, 1, 5) == 1 && percpu_cid_record_double_local(slot, 1, 5) == 1;
	for (size_t i = 0; i < sizeof(rows); i++) {
		refused &= rows[i] == 0;
	}
	if (!refused) {
		printf("recorded with cpu_id %d\n", cpu);
	}
	fake.cpu_id = CPU;
	fake.mm_cid = CPU;
	return !refused;
}

typedef int32_t record_buckets_long(int64_t, int64_t, uint64_t, int64_t, int64_t);
typedef int32_t record_buckets_double(int64_t, double, uint64_t, int64_t, int64_t);

/* With a row, and without one: then the buckets are in the fallback row, and 1 is returned. */
static int run_buckets(record_buckets_long *record_long, record_buckets_double *record_double, int32_t cpu)
{
	int expected = cpu != CPU;
	fake.cpu_id = cpu;
	memset(rows, 0, sizeof(rows));
	int64_t *row = (int64_t *) (rows + ((expected ? ROWS : CPU) << PERCPU_ROW_SHIFT));
	int64_t slot = (int64_t) (rows + 64);
	int64_t bucket = (int64_t) rows;
	int wrong = record_long(slot, 7, 3, bucket + 8, 0) != expected
		|| record_double(slot, 0, 3, bucket + 8, bucket + 16) != expected
		|| record_long(slot, 0, 3, bucket + 24, bucket + 16) != expected;
	wrong |= row[0] != 0 || row[1] != 2 || row[2] != 2 || row[3] != 1 || row[8] != (expected ? 0 : 3);
	if (wrong) {
		printf("buckets differ with cpu_id %d\n", cpu);
	}
	fake.cpu_id = CPU;
	return wrong;
}

int main(void)
{
	uintptr_t tp;
#if defined(__x86_64__)
	__asm__ volatile("movq %%fs:0, %0" : "=r"(tp));
#else
	__asm__ volatile("mrs %0, tpidr_el0" : "=r"(tp));
#endif
	fake.cpu_id = CPU;
	fake.mm_cid = CPU;
	percpu_rseq_offset = (int64_t) ((uintptr_t) &fake - tp);
	percpu_cpu_count = ROWS;
	int failed = 0;
	for (int past = 0; past <= MAX_PAST; past = (past == 0) ? 1 : 2 * past) {
		for (int is_double = 0; is_double <= 1; is_double++) {
			failed |= run(past, is_double, 0);
			failed |= run(past, is_double, 1);
		}
	}
	for (int cpu = -1; cpu <= CPU; cpu += 1 + CPU) {
		failed |= run_buckets(percpu_record_buckets_long_local, percpu_record_buckets_double_local, cpu);
		failed |= run_buckets(percpu_cid_record_buckets_long_local, percpu_cid_record_buckets_double_local, cpu);
	}
	failed |= run_without_cpu(-1) | run_without_cpu(-2) | run_without_cpu(ROWS);
	if (!failed) {
		printf("ok\n");
	}
	return failed;
}
