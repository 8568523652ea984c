/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layout and limits that the critical sections, the control functions and the Java side
 * share. Included by assembly, so it holds preprocessor lines first and C after.
 */
#ifndef PERCPU_H
#define PERCPU_H

/* Raised whenever a function's meaning changes; Java refuses another version. */
#define PERCPU_ABI_VERSION 3

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
#define RSEQ_MM_CID 24

/* What a single attempt returns besides the state of an aborted one. */
#define PERCPU_COMMITTED (-1)
#define PERCPU_NO_CPU (-2)
#define PERCPU_NOT_TRIED (-3)

#ifndef __ASSEMBLER__

#include <stdint.h>

#define PERCPU_EXPORT __attribute__((visibility("default")))

/* Who registers the threads, and what numbers the rows: as percpu_init was asked for. */
enum { PERCPU_BY_LIBC, PERCPU_BY_SELF };
enum { PERCPU_CPU, PERCPU_MM_CID };

/* Set by the first percpu_init, before any section runs; later ones store the same. */
extern int64_t percpu_rseq_offset;
extern uint32_t percpu_cpu_count;
extern int32_t percpu_registration;
extern int32_t percpu_sharding;

/* Offsets from the thread pointer: of this thread's struct rseq, and of its row's number. */
struct percpu_place {
	int64_t rseq;
	int64_t index;
};

/* Where this thread's are. One that we register ourselves is registered by its first call. */
struct percpu_place percpu_here(void);

/*
 * One attempt. Returns PERCPU_COMMITTED, PERCPU_NO_CPU, or what the section knew of its row
 * when it was aborted: the number, or the number shifted by PERCPU_ROW_SHIFT, or an address
 * above 4 GiB where it had not read the number yet.
 */
int64_t percpu_try_add_long(int64_t slot, int64_t delta, int64_t rseq, int64_t index);
int64_t percpu_try_add_double(int64_t slot, double delta, int64_t rseq, int64_t index);
int64_t percpu_try_record_long(int64_t slot, int64_t value, uint64_t epoch, int64_t rseq, int64_t index);
int64_t percpu_try_record_double(int64_t slot, double value, uint64_t epoch, int64_t rseq, int64_t index);

/*
 * What is recorded through, in three variants of the same meaning: rows by cpu_id, rows by
 * mm_cid (cid), and either in threads that we register ourselves (self). The record
 * functions return 0 where the value was recorded, 1 where it must be recorded elsewhere.
 */
#define PERCPU_RECORDING(prefix) \
	void prefix##add_long_local(int64_t slot, int64_t delta); \
	void prefix##add_double_local(int64_t slot, double delta); \
	int32_t prefix##record_long_local(int64_t slot, int64_t value, uint64_t epoch); \
	int32_t prefix##record_double_local(int64_t slot, double value, uint64_t epoch); \
	int32_t prefix##record_buckets_long_local(int64_t slot, int64_t value, uint64_t epoch, int64_t bucket, int64_t bucket2); \
	int32_t prefix##record_buckets_double_local(int64_t slot, double value, uint64_t epoch, int64_t bucket, int64_t bucket2)

PERCPU_RECORDING(percpu_);
PERCPU_RECORDING(percpu_cid_);
PERCPU_RECORDING(percpu_self_);

/* The variant that this process records through, for callers that can't be bound to it. */
#define PERCPU_RECORDING_OF(function) \
	((percpu_registration == PERCPU_BY_SELF) ? percpu_self_##function \
			: (percpu_sharding == PERCPU_MM_CID) ? percpu_cid_##function : percpu_##function)

int32_t percpu_init(int32_t cpus, int32_t registration, int32_t sharding);
int64_t percpu_map(int64_t bytes);
int64_t percpu_sum_long(int64_t slot);
double percpu_sum_double(int64_t slot);

/* The CPU that this thread runs on, negative where it is not registered. */
int32_t percpu_cpu(void);

/*
 * The sections of the self-test, for threads on the same CPU: one stores id to word, the other
 * does, too, and stays inside for `spins` turns to see whether it is left there.
 */
enum { PERCPU_DONE, PERCPU_ABORTED, PERCPU_NOT_ABORTED, PERCPU_ELSEWHERE };
int64_t percpu_mark(volatile int64_t *word, int64_t id, int64_t cpu, int64_t rseq);
int64_t percpu_canary(volatile int64_t *word, int64_t id, int64_t cpu, int64_t rseq, int64_t spins);

#endif
#endif
