/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw system calls: the library needs no C library, so that one file serves every
 * libc. Numbers from the kernel's tables; a result in [-4095, -1] is a negated errno.
 */
#ifndef PERCPU_SYSCALLS_H
#define PERCPU_SYSCALLS_H

#include <stdint.h>

#if defined(__x86_64__)
enum {
	SYS_mmap = 9, SYS_madvise = 28, SYS_nanosleep = 35, SYS_prctl = 157,
	SYS_sched_setaffinity = 203, SYS_clock_gettime = 228, SYS_sched_yield = 24, SYS_rseq = 334
};

static inline int64_t percpu_syscall(int64_t n, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f)
{
	int64_t result;
	register int64_t r10 __asm__("r10") = d;
	register int64_t r8 __asm__("r8") = e;
	register int64_t r9 __asm__("r9") = f;
	__asm__ volatile("syscall"
			: "=a"(result)
			: "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			: "rcx", "r11", "memory");
	return result;
}

static inline uintptr_t percpu_thread_pointer(void)
{
	uintptr_t tp;
	__asm__ volatile("movq %%fs:0, %0" : "=r"(tp));
	return tp;
}
#elif defined(__aarch64__)
enum {
	SYS_mmap = 222, SYS_madvise = 233, SYS_nanosleep = 101, SYS_prctl = 167,
	SYS_sched_setaffinity = 122, SYS_clock_gettime = 113, SYS_sched_yield = 124, SYS_rseq = 293
};

static inline int64_t percpu_syscall(int64_t n, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f)
{
	register int64_t x8 __asm__("x8") = n;
	register int64_t x0 __asm__("x0") = a;
	register int64_t x1 __asm__("x1") = b;
	register int64_t x2 __asm__("x2") = c;
	register int64_t x3 __asm__("x3") = d;
	register int64_t x4 __asm__("x4") = e;
	register int64_t x5 __asm__("x5") = f;
	__asm__ volatile("svc 0"
			: "+r"(x0)
			: "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			: "memory");
	return x0;
}

static inline uintptr_t percpu_thread_pointer(void)
{
	uintptr_t tp;
	__asm__ volatile("mrs %0, tpidr_el0" : "=r"(tp));
	return tp;
}
#else
#error "no critical sections for this architecture"
#endif

#endif
