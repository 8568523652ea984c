/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What outlives class loaders. The library is mapped once in a process and never unloaded,
 * so it is the one place that all class loaders share.
 */
#include <stddef.h>
#include "percpu.h"
#include "syscalls.h"

/*
 * Two entries of JNI's function table, which the JNI specification numbers. Written without
 * jni.h, as jni.c is.
 */
enum { JNI_NEW_GLOBAL_REF = 21, JNI_DELETE_GLOBAL_REF = 22 };

typedef void *(*new_global_ref)(const void *const **env, void *object);
typedef void (*delete_global_ref)(const void *const **env, void *reference);

/*
 * Gives every class loader the same object: the first one that was ever offered here. It
 * stays reachable until the JVM ends, so it must be of a class that does, too.
 */
PERCPU_EXPORT void *percpu_shared(const void *const **env, void *object)
{
	static void *shared;
	void *first = __atomic_load_n(&shared, __ATOMIC_SEQ_CST);
	if (first == NULL) {
		void *reference = ((new_global_ref) (*env)[JNI_NEW_GLOBAL_REF])(env, object);
		if (__atomic_compare_exchange_n(&shared, &first, reference, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
			return reference;
		}
		((delete_global_ref) (*env)[JNI_DELETE_GLOBAL_REF])(env, reference);
	}
	return first;
}

/*
 * Makes a segment as it was when it was mapped: all zero, no page resident. Only for a
 * segment that nobody can write to any more.
 */
PERCPU_EXPORT void percpu_clear(int64_t address, int64_t bytes)
{
	enum { MADV_DONTNEED = 4 };
	if (percpu_syscall(SYS_madvise, address, bytes, MADV_DONTNEED, 0, 0, 0) != 0) {
		/* Refused for memory that was locked (mlockall). */
		volatile int64_t *cell = (volatile int64_t *) address;
		for (int64_t i = 0; i < bytes / 8; i++) {
			if (cell[i] != 0) {
				cell[i] = 0;
			}
		}
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
