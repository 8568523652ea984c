/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layout and limits that the critical sections, the control functions and the Java side
 * share. Included by assembly, so it holds preprocessor lines first and C after.
 */
#ifndef PERCPU_H
#define PERCPU_H

/* Raised whenever a function's meaning changes; Java refuses another version. */
#define PERCPU_ABI_VERSION 1

/* A segment gives each CPU one row of 64 KiB; a cell has the same offset in every row. */
#define PERCPU_ROW_SHIFT 16

/* The largest CONFIG_NR_CPUS of the architectures we support. */
#define PERCPU_MAX_CPUS 8192

/*
 * How often an operation is tried again after its first abort, before it goes to the
 * fallback row. A context switch costs microseconds and a section a nanosecond, so even the
 * second try fails only under single-stepping or a storm of signals.
 */
#define PERCPU_RETRIES 64

/* Offsets in the kernel's struct rseq (include/uapi/linux/rseq.h). */
#define RSEQ_CPU_ID 4
#define RSEQ_CS 8

/* What a single attempt returns besides the state of an aborted one. */
#define PERCPU_COMMITTED (-1)
#define PERCPU_NO_CPU (-2)
#define PERCPU_NOT_TRIED (-3)

#ifndef __ASSEMBLER__

#include <stdint.h>

#define PERCPU_EXPORT __attribute__((visibility("default")))

/* Set once by percpu_init, before any section runs; read by the sections. */
extern int64_t percpu_rseq_offset;
extern uint32_t percpu_cpu_count;

/*
 * One attempt. Returns PERCPU_COMMITTED, PERCPU_NO_CPU, or what the section knew of its CPU
 * when it was aborted: the CPU number, or that number shifted by PERCPU_ROW_SHIFT, or an
 * address above 4 GiB where it had not read the number yet.
 */
int64_t percpu_try_add_long(int64_t slot, int64_t delta);
int64_t percpu_try_add_double(int64_t slot, double delta);

int64_t percpu_try_record_long(int64_t slot, int64_t value, uint64_t epoch);
int64_t percpu_try_record_double(int64_t slot, double value, uint64_t epoch);

/* 0 where the value was recorded, 1 where it must be recorded elsewhere. */
int32_t percpu_record_long_local(int64_t slot, int64_t value, uint64_t epoch);
int32_t percpu_record_double_local(int64_t slot, double value, uint64_t epoch);

int32_t percpu_record_buckets_long_local(int64_t slot, int64_t value, uint64_t epoch, int64_t bucket, int64_t bucket2);
int32_t percpu_record_buckets_double_local(int64_t slot, double value, uint64_t epoch, int64_t bucket, int64_t bucket2);

void percpu_add_long_local(int64_t slot, int64_t delta);
void percpu_add_double_local(int64_t slot, double delta);

int32_t percpu_init(int32_t cpus);
int64_t percpu_sum_long(int64_t slot);
double percpu_sum_double(int64_t slot);
int32_t percpu_current_cpu(void);

/* Occupies a section for `spins` turns: 0 undisturbed, 1 aborted, 2 preempted but not aborted. */
int64_t percpu_canary(volatile int64_t *word, int64_t id, int64_t spins);

#endif
#endif
