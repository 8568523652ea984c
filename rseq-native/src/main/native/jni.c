/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entry points of the JNI binding. Written without jni.h, which a machine that has only
 * a C compiler lacks: the first two arguments, the environment and the class, are never used
 * and jlong, jint and jdouble are int64_t, int32_t and double.
 */
#include "percpu.h"

/* Native methods are bound by name once and for all, so the variant is looked up on each call. */
#define ENTRY(type, name) PERCPU_EXPORT type Java_io_github_rseq_binding_JniCalls_##name

ENTRY(int32_t, start)(void *env, void *type, int32_t rows, int32_t registration, int32_t sharding)
{
	(void) env;
	(void) type;
	return percpu_init(rows, registration, sharding);
}

ENTRY(void, addLong)(void *env, void *type, int64_t slot, int64_t delta)
{
	(void) env;
	(void) type;
	PERCPU_RECORDING_OF(add_long_local)(slot, delta);
}

ENTRY(void, addDouble)(void *env, void *type, int64_t slot, double delta)
{
	(void) env;
	(void) type;
	PERCPU_RECORDING_OF(add_double_local)(slot, delta);
}

ENTRY(int32_t, recordLong)(void *env, void *type, int64_t slot, int64_t value, int64_t epoch)
{
	(void) env;
	(void) type;
	return PERCPU_RECORDING_OF(record_long_local)(slot, value, (uint64_t) epoch);
}

ENTRY(int32_t, recordDouble)(void *env, void *type, int64_t slot, double value, int64_t epoch)
{
	(void) env;
	(void) type;
	return PERCPU_RECORDING_OF(record_double_local)(slot, value, (uint64_t) epoch);
}

ENTRY(int32_t, recordBucketsLong)(void *env, void *type, int64_t slot, int64_t value, int64_t epoch, int64_t bucket, int64_t bucket2)
{
	(void) env;
	(void) type;
	return PERCPU_RECORDING_OF(record_buckets_long_local)(slot, value, (uint64_t) epoch, bucket, bucket2);
}

ENTRY(int32_t, recordBucketsDouble)(void *env, void *type, int64_t slot, double value, int64_t epoch, int64_t bucket, int64_t bucket2)
{
	(void) env;
	(void) type;
	return PERCPU_RECORDING_OF(record_buckets_double_local)(slot, value, (uint64_t) epoch, bucket, bucket2);
}

ENTRY(int64_t, sumLong)(void *env, void *type, int64_t slot)
{
	(void) env;
	(void) type;
	return percpu_sum_long(slot);
}

ENTRY(double, sumDouble)(void *env, void *type, int64_t slot)
{
	(void) env;
	(void) type;
	return percpu_sum_double(slot);
}

ENTRY(int32_t, currentCpu)(void *env, void *type)
{
	(void) env;
	(void) type;
	return percpu_cpu();
}
