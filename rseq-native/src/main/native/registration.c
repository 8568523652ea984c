/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a thread's struct rseq is, and who registers it: the C library, which does so for
 * every thread before the thread runs, or we, where the C library does not.
 *
 * Registering by ourselves, guarantees:
 *  1. A thread is registered by its first record, on whatever path; until then, and where the
 *     kernel refuses, it records in the fallback cells.
 *  2. The kernel never writes to memory that has become somebody else's: areas lie in a
 *     mapping of our own that is never unmapped, and one is used again only after its thread
 *     has unregistered it, in a key's destructor while that thread ends. A thread that ends
 *     without destructors leaves its area unused for good.
 *  3. What a thread records after its destructor goes to the fallback cells, as long as the C
 *     library keeps the key: after its last round over all destructors, a signal handler that
 *     records registers an area that is then never used again.
 *  4. A signal handler that records while its thread is being registered records in the
 *     fallback cells; it never registers in between.
 *  5. An area that another library has registered in a thread stays as it is (the kernel
 *     knows one per thread, and answers EINVAL or EBUSY); that thread records in the fallback
 *     cells.
 *  6. No C library is needed, and no thread-local storage of ours: where there are no pthread
 *     keys, nothing is registered.
 */
#include <stddef.h>
#include "percpu.h"
#include "syscalls.h"

#define HIDDEN __attribute__((visibility("hidden")))
#define IMPORTED __attribute__((weak, visibility("default")))

enum { NO_LIBC_REGISTRATION = -1, NO_SELF_REGISTRATION = -2, NO_MM_CID = -3 };

/*
 * Exported by glibc's dynamic linker since 2.35; weak, so that they are null elsewhere.
 * The probe asks for the symbols, never for a version: distributions backport them.
 */
extern const ptrdiff_t __rseq_offset IMPORTED;
extern const unsigned int __rseq_size IMPORTED;
extern const unsigned int __rseq_flags IMPORTED;

extern unsigned long getauxval(unsigned long type) IMPORTED;
extern int pthread_key_create(unsigned int *key, void (*destructor)(void *)) IMPORTED;
extern void *pthread_getspecific(unsigned int key) IMPORTED;
extern int pthread_setspecific(unsigned int key, const void *value) IMPORTED;

HIDDEN int64_t percpu_rseq_offset;
HIDDEN uint32_t percpu_cpu_count;
HIDDEN int32_t percpu_registration;
HIDDEN int32_t percpu_sharding;

/* What percpu_init decided: 0 nothing yet, otherwise 1 + (registration | sharding << 1). */
static int32_t decided;

/* struct rseq in its original length, which every kernel accepts, and a link for our list. */
struct area {
	uint32_t cpu_id_start;
	int32_t cpu_id;
	uint64_t rseq_cs;
	uint32_t flags;
	uint32_t node_id;
	uint32_t mm_cid;
	uint32_t padding;
	struct area *next;
} __attribute__((aligned(64)));

#define AREA_LENGTH 32
#define AREAS_MAPPED 1024

#if defined(__x86_64__)
#define SIGNATURE 0x53053053
#else
#define SIGNATURE 0xd428bc00
#endif

/*
 * What a thread's key holds besides an area of its own, or nothing: an area that is never
 * registered, by the state of the thread. All sections find a negative cpu_id in it; that they
 * store to its rseq_cs means nothing.
 */
static struct area busy = { .cpu_id = -1 };
static struct area refused = { .cpu_id = -2 };
static struct area ended = { .cpu_id = -1 };

static unsigned int key;

enum { NO_KEY, KEY_BUSY, KEY };
static int32_t key_state;

static struct area *unused;
static int32_t unused_lock;

static void lock(void)
{
	while (__atomic_exchange_n(&unused_lock, 1, __ATOMIC_ACQUIRE) != 0) {
		percpu_syscall(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
	}
}

static void unlock(void)
{
	__atomic_store_n(&unused_lock, 0, __ATOMIC_RELEASE);
}

static void put_back(struct area *area)
{
	lock();
	area->next = unused;
	unused = area;
	unlock();
}

/* An area, or null where no memory can be had. The key says busy: no handler comes here. */
static struct area *take(void)
{
	lock();
	struct area *area = unused;
	if (area != NULL) {
		unused = area->next;
	}
	unlock();
	if (area != NULL) {
		return area;
	}
	int64_t address = percpu_map(AREAS_MAPPED * sizeof(struct area));
	if (address < 0) {
		return NULL;
	}
	area = (struct area *) (uintptr_t) address;
	for (int i = 1; i < AREAS_MAPPED; i++) {
		put_back(&area[i]);
	}
	return area;
}

/* Called as the key's destructor while its thread ends, several times where the key is set. */
static void end(void *value)
{
	enum { RSEQ_FLAG_UNREGISTER = 1 };
	struct area *area = value;
	pthread_setspecific(key, &ended);
	if (area != &busy && area != &refused && area != &ended) {
		int64_t result = percpu_syscall(SYS_rseq, (int64_t) (uintptr_t) area, AREA_LENGTH, RSEQ_FLAG_UNREGISTER,
				SIGNATURE, 0, 0);
		if (result == 0) {
			put_back(area);
		}
	}
}

static int have_key(void)
{
	int32_t state = NO_KEY;
	if (__atomic_compare_exchange_n(&key_state, &state, KEY_BUSY, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		int made = &pthread_key_create != NULL && &pthread_getspecific != NULL && &pthread_setspecific != NULL
				&& pthread_key_create(&key, end) == 0;
		__atomic_store_n(&key_state, made ? KEY : NO_KEY, __ATOMIC_SEQ_CST);
	}
	while ((state = __atomic_load_n(&key_state, __ATOMIC_SEQ_CST)) == KEY_BUSY) {
		percpu_syscall(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
	}
	return state == KEY;
}

/*
 * Registers the calling thread, if that has not been tried yet. Returns 0 or a negated errno:
 * ENOSYS, EPERM, EINVAL or EBUSY as the kernel says, EBUSY too where it has been tried,
 * ENOTSUP where there are no pthread keys, ENOMEM.
 */
PERCPU_EXPORT int32_t percpu_register(void)
{
	enum { ENOMEM = 12, EBUSY = 16, ENOTSUP = 95 };
	if (!have_key()) {
		return -ENOTSUP;
	}
	struct area *area = pthread_getspecific(key);
	if (area != NULL) {
		return (area->cpu_id >= 0) ? 0 : -EBUSY;
	}
	/* Makes room for the key's value, too, so that setting it again can't fail. */
	if (pthread_setspecific(key, &busy) != 0) {
		return -ENOMEM;
	}
	area = take();
	if (area == NULL) {
		pthread_setspecific(key, &refused);
		return -ENOMEM;
	}
	*area = (struct area) { .cpu_id = -1 };
	int64_t result = percpu_syscall(SYS_rseq, (int64_t) (uintptr_t) area, AREA_LENGTH, 0, SIGNATURE, 0, 0);
	if (result != 0) {
		put_back(area);
		pthread_setspecific(key, &refused);
		return (int32_t) result;
	}
	pthread_setspecific(key, area);
	return 0;
}

/* This thread's struct rseq, where we register; only after percpu_init, so there is a key. */
static int64_t self_offset(void)
{
	struct area *area = pthread_getspecific(key);
	if (area == NULL) {
		percpu_register();
		area = pthread_getspecific(key);
	}
	return (int64_t) ((uintptr_t) ((area != NULL) ? area : &refused) - percpu_thread_pointer());
}

HIDDEN struct percpu_place percpu_here(void)
{
	int64_t rseq = (percpu_registration == PERCPU_BY_SELF) ? self_offset() : percpu_rseq_offset;
	return (struct percpu_place) { rseq, rseq + ((percpu_sharding == PERCPU_MM_CID) ? RSEQ_MM_CID : RSEQ_CPU_ID) };
}

HIDDEN int32_t percpu_cpu(void)
{
	return *(volatile int32_t *) (percpu_thread_pointer() + (uintptr_t) percpu_here().rseq + RSEQ_CPU_ID);
}

PERCPU_EXPORT int32_t percpu_self_current_cpu(void)
{
	return percpu_cpu();
}

/*
 * What is known of rseq in the calling thread:
 *  out[0] whether libc exports the symbols,
 *  out[1] __rseq_offset, out[2] __rseq_size, out[3] __rseq_flags,
 *  out[4] cpu_id, as libc registered it,
 *  out[5] the errno of a rseq call that no kernel accepts: EINVAL where it is implemented,
 *  out[6] the kernel's feature size (AT_RSEQ_FEATURE_SIZE), 0 where it does not tell.
 */
PERCPU_EXPORT void percpu_probe(int64_t *out)
{
	enum { AT_RSEQ_FEATURE_SIZE = 27 };
	int known = &__rseq_offset != NULL && &__rseq_size != NULL;
	out[0] = known;
	out[1] = known ? __rseq_offset : 0;
	out[2] = known ? __rseq_size : 0;
	out[3] = (&__rseq_flags != NULL) ? __rseq_flags : 0;
	out[4] = known ? *(volatile int32_t *) (percpu_thread_pointer() + (uintptr_t) __rseq_offset + RSEQ_CPU_ID) : -1;
	out[5] = -percpu_syscall(SYS_rseq, 0, 0, 0, 0, 0, 0);
	out[6] = (&getauxval != NULL) ? (int64_t) getauxval(AT_RSEQ_FEATURE_SIZE) : 0;
}

/* Why this process can't have what is asked for, or 0. */
static int32_t refusal(int32_t registration, int32_t sharding)
{
	int64_t probe[7];
	percpu_probe(probe);
	if (registration == PERCPU_BY_LIBC && (!probe[0] || probe[2] == 0)) {
		return NO_LIBC_REGISTRATION;
	}
	if (sharding == PERCPU_MM_CID && probe[6] < RSEQ_MM_CID + 4) {
		return NO_MM_CID;
	}
	/* Last, since it leaves this thread registered. */
	if (registration == PERCPU_BY_SELF && percpu_register() != 0) {
		return NO_SELF_REGISTRATION;
	}
	return 0;
}

/* What the first percpu_init has decided: registration | sharding << 1, or -1 before it. */
PERCPU_EXPORT int32_t percpu_mode(void)
{
	return __atomic_load_n(&decided, __ATOMIC_SEQ_CST) - 1;
}

/*
 * Tells the sections where struct rseq is, what numbers the rows and how many rows a segment
 * has. The first call that succeeds decides for all class loaders that share this mapping of
 * the library, since running sections read all of it; percpu_mode tells what it decided.
 * Returns the number of rows without the fallback row, or why there are none.
 */
PERCPU_EXPORT int32_t percpu_init(int32_t cpus, int32_t registration, int32_t sharding)
{
	if (cpus < 1 || (registration & ~1) != 0 || (sharding & ~1) != 0) {
		return NO_LIBC_REGISTRATION;
	}
	int32_t mode = percpu_mode();
	if (mode < 0) {
		int32_t refused = refusal(registration, sharding);
		if (refused != 0) {
			return refused;
		}
		int32_t undecided = 0;
		__atomic_compare_exchange_n(&decided, &undecided, 1 + (registration | (sharding << 1)), 0, __ATOMIC_SEQ_CST,
				__ATOMIC_SEQ_CST);
		mode = percpu_mode();
	}
	/* Whoever comes second stores the same. */
	percpu_registration = mode & 1;
	percpu_sharding = mode >> 1;
	percpu_rseq_offset = (percpu_registration == PERCPU_BY_LIBC) ? __rseq_offset : 0;
	uint32_t unset = 0;
	uint32_t wanted = (cpus > PERCPU_MAX_CPUS) ? PERCPU_MAX_CPUS : (uint32_t) cpus;
	__atomic_compare_exchange_n(&percpu_cpu_count, &unset, wanted, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return (int32_t) __atomic_load_n(&percpu_cpu_count, __ATOMIC_SEQ_CST);
}
