/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much memory counters touch whose threads wander: each thread is moved to every CPU, at a
 * place of its own in their order, and adds to all counters there, until it has been on all of
 * them. Prints how many rows hold anything then, and how much of the arena is resident. One
 * "> name=value" a line.
 *
 * usage: memory cpu|mm-cid THREADS
 *
 * Exits with 3 where the kernel or libc has not got what was asked for, with 1 where the sums
 * are not what was added.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>
#include "percpu.h"

#ifndef AT_RSEQ_FEATURE_SIZE
#define AT_RSEQ_FEATURE_SIZE 27
#endif

enum { COUNTERS = 10000, CELL = 8, ROW = 1 << PERCPU_ROW_SHIFT, SEGMENTS = (COUNTERS * CELL + ROW - 1) / ROW };

enum { MAX_THREADS = 1024, MAX_PAGES = ROW / 4096 };

static char *segments[SEGMENTS];
static void (*add)(int64_t slot, int64_t delta);
static int cpus;
static int threads;
static int64_t unmoved;
static pthread_barrier_t together;

static void fail(const char *what)
{
	printf("> failed=%s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t slot(int counter)
{
	int64_t offset = (int64_t) counter * CELL;
	return (int64_t) (intptr_t) (segments[offset / ROW] + offset % ROW);
}

static void move_to(int cpu)
{
	cpu_set_t *set = CPU_ALLOC(cpus);
	CPU_ZERO_S(CPU_ALLOC_SIZE(cpus), set);
	CPU_SET_S(cpu, CPU_ALLOC_SIZE(cpus), set);
	if (sched_setaffinity(0, CPU_ALLOC_SIZE(cpus), set) != 0) {
		__atomic_fetch_add(&unmoved, 1, __ATOMIC_RELAXED);
	}
	CPU_FREE(set);
}

static void *wander(void *argument)
{
	int first = (int) (intptr_t) argument * cpus / threads;
	pthread_barrier_wait(&together);
	for (int i = 0; i < cpus; i++) {
		move_to((first + i) % cpus);
		for (int counter = 0; counter < COUNTERS; counter++) {
			add(slot(counter), 1);
		}
	}
	return NULL;
}

/* The pages of a row that are resident. Without a read, which would make them so. */
static int64_t resident(int segment, int row)
{
	unsigned char pages[MAX_PAGES];
	int64_t count = 0;
	long size = sysconf(_SC_PAGESIZE);
	if (mincore(segments[segment] + (int64_t) row * ROW, ROW, pages) != 0) {
		fail("mincore");
	}
	for (int page = 0; page < ROW / size; page++) {
		count += pages[page] & 1;
	}
	return count * size;
}

static void print_memory(void)
{
	int rows = 0;
	int64_t bytes = 0;
	for (int row = 0; row < cpus; row++) {
		int64_t found = 0;
		for (int segment = 0; segment < SEGMENTS; segment++) {
			found += resident(segment, row);
		}
		rows += found > 0;
		bytes += found;
	}
	printf("> rows=%d\n> residentKiB=%lld\n", rows, (long long) bytes / 1024);
}

static int64_t sum(void)
{
	int64_t sum = 0;
	for (int counter = 0; counter < COUNTERS; counter++) {
		sum += percpu_sum_long(slot(counter));
	}
	return sum;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	int by_cid = argc > 1 && strcmp(argv[1], "mm-cid") == 0;
	threads = (argc > 2) ? atoi(argv[2]) : 1;
	cpus = (int) sysconf(_SC_NPROCESSORS_CONF);
	if (threads < 1 || threads > MAX_THREADS) {
		errno = EINVAL;
		fail("threads");
	}
	printf("> sharding=%s\n> threads=%d\n> cpus=%d\n", by_cid ? "mm-cid" : "cpu", threads, cpus);
	/* That this is called links it in: the library's own reference is weak. */
	printf("> featureSize=%lu\n", getauxval(AT_RSEQ_FEATURE_SIZE));
	if (percpu_init(cpus, PERCPU_BY_LIBC, by_cid ? PERCPU_MM_CID : PERCPU_CPU) != cpus) {
		return 3;
	}
	add = by_cid ? percpu_cid_add_long_local : percpu_add_long_local;
	for (int i = 0; i < SEGMENTS; i++) {
		int64_t address = percpu_map((int64_t) (cpus + 1) * ROW);
		if (address < 0 && address >= -4095) {
			errno = (int) -address;
			fail("memory");
		}
		segments[i] = (char *) (intptr_t) address;
	}
	pthread_t wanderers[MAX_THREADS];
	pthread_barrier_init(&together, NULL, (unsigned) threads);
	for (int i = 0; i < threads; i++) {
		if ((errno = pthread_create(&wanderers[i], NULL, wander, (void *) (intptr_t) i)) != 0) {
			fail("pthread_create");
		}
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(wanderers[i], NULL);
	}
	print_memory();
	int64_t operations = (int64_t) threads * cpus * COUNTERS;
	int64_t lost = operations - sum();
	printf("> operations=%lld\n> lost=%lld\n> unmoved=%lld\n", (long long) operations, (long long) lost, (long long) unmoved);
	return (lost == 0) ? 0 : 1;
}
