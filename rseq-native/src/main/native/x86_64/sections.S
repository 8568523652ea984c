/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The critical sections for x86-64 (System V calling convention).
 *
 * Each section is the code between its labels START and COMMIT_END. Its descriptor tells
 * the kernel these bounds; storing the descriptor's address into rseq_cs arms it. When a
 * thread is preempted, migrated or signalled with its instruction pointer inside, the
 * kernel moves the pointer to the abort label before the thread runs on, so the code up to
 * and including the last instruction either runs undisturbed on one CPU, or has no effect.
 *
 * Rules every section here keeps (the ELF test checks those that can be seen in the file):
 *  - rseq_cs is the only field of struct rseq that is stored to;
 *  - START directly follows that store, so that there is no instruction boundary at which
 *    the section is armed and the pointer is before it: the kernel would clear rseq_cs there
 *    and the section would run unprotected;
 *  - the row's number is read inside, once, and compared with the number of rows. It is
 *    cpu_id, of which -1 (not registered), -2 (registration failed) and CPUs that came later
 *    are all above that; or mm_cid, which says none of this, after a look at cpu_id's sign;
 *  - exactly one store publishes, and it is the last instruction;
 *  - no call, no PLT, no TLS helper, no system call inside;
 *  - what an abort handler passes on is not written, so an aborted attempt can start over.
 *
 * Where libc registers, the offset of struct rseq from the thread pointer is the same in
 * all threads, so %fs with an index register reaches it without a call. These functions come
 * twice, with a row for each CPU (cpu) or for each concurrency id (cid). A percpu_try_
 * function is one attempt, told both offsets by its caller; retries and threads that we
 * register ourselves go through those (any).
 *
 * PERCPU_DISARM (tests only) makes every range empty, so that the kernel never aborts: the
 * negative control. PERCPU_DELAY (tests only) makes the window between reading the CPU and
 * the commit that many turns long, and the add a load, an add and a store. PERCPU_INJECT
 * (tests only): see inject.awk.
 */
#include "percpu.h"

	.text

/* The descriptor: struct rseq_cs of the kernel. */
.macro SECTION_DESCRIPTOR name
	.pushsection __rseq_cs, "aw", @progbits
	.balign	32
.L\name\()_descriptor:
	.long	0, 0
	.quad	.L\name\()_start
#ifdef PERCPU_DISARM
	.quad	0
#else
	.quad	.L\name\()_commit_end - .L\name\()_start
#endif
	.quad	.L\name\()_abort
	.popsection
	.pushsection __rseq_cs_ptr_array, "aw", @progbits
	.balign	8
	.quad	.L\name\()_descriptor
	.popsection
.endm

/*
 * Arms the section; leaves the offset of struct rseq in %rcx, the descriptor in %rax. With
 * sharding any, the caller has put that offset into %rcx, and the row number's into %r8.
 */
.macro SECTION_START name, sharding
.ifnc \sharding, any
	movq	percpu_rseq_offset(%rip), %rcx
.endif
	leaq	.L\name\()_descriptor(%rip), %rax
	movq	%rax, %fs:RSEQ_CS(%rcx)
.L\name\()_start:
.endm

/* The row of this thread as an offset in %rax; jumps where there is none. */
.macro SECTION_ROW sharding, no_cpu
.ifc \sharding, cpu
	movl	%fs:RSEQ_CPU_ID(%rcx), %eax
.else
	cmpl	$0, %fs:RSEQ_CPU_ID(%rcx)
	jl	\no_cpu
.ifc \sharding, cid
	movl	%fs:RSEQ_MM_CID(%rcx), %eax
.else
	movl	%fs:(%r8), %eax
.endif
.endif
	cmpl	percpu_cpu_count(%rip), %eax
	jae	\no_cpu
	shlq	$PERCPU_ROW_SHIFT, %rax
#ifdef PERCPU_DELAY
	movl	$PERCPU_DELAY, %r11d
9:	decl	%r11d
	jnz	9b
#endif
.endm

#ifdef PERCPU_INJECT
/* See inject.awk. Below the stack pointer is the red zone, which signal handlers spare. */
.macro INJECT
	.pushsection percpu_points, "aw", @progbits
.Lpoint\@:
	.quad	.Linjected\@, 0, 0
	.popsection
	movq	%rcx, -8(%rsp)
	movq	.Lpoint\@+8(%rip), %rcx
.Lspin\@:
	jrcxz	.Lspun\@
	leaq	-1(%rcx), %rcx
	jmp	.Lspin\@
.Lspun\@:
	movq	.Lpoint\@+16(%rip), %rcx
	jrcxz	.Linjected\@
	int3
.Linjected\@:
	movq	-8(%rsp), %rcx
.endm
#endif

/* The signature that glibc registers with, as the operand of an undefined instruction. */
.macro SECTION_ABORT name
	.byte	0x0f, 0xb9, 0x3d
	.long	0x53053053
.L\name\()_abort:
.endm

.macro FUNCTION name
	.balign	64
	.globl	\name
	.type	\name, @function
\name:
	.cfi_startproc
.endm

.macro END_FUNCTION name
	.cfi_endproc
	.size	\name, . - \name
.endm

.macro LOCAL_ALIAS name
	.globl	\name\()_local
	.hidden	\name\()_local
	.set	\name\()_local, \name
.endm

/*
 * add long
 *
 * Guarantees:
 *  1. When the function returns, delta has been added exactly once: to the cell of the CPU
 *     on which the section committed, or to the cell in the fallback row.
 *  2. On a CPU with a row, without an abort, no locked instruction runs, and no memory is
 *     written that another CPU writes (by concurrency id: that another CPU writes meanwhile).
 *  3. The commit is one 8-byte aligned store: a reader on any CPU sees the cell before the
 *     add or after it, never a part.
 *  4. Adds of one thread to one cell are seen by that thread, on whatever CPU it goes on:
 *     the kernel's migration is a full barrier.
 *  5. It ends after at most 1 + PERCPU_RETRIES aborts, also under single-stepping.
 *  6. A thread that is not registered, or on a CPU without a row, adds to the fallback row.
 * Assumes: slot is the address of the cell in row 0 of a segment that is never unmapped,
 * 8-byte aligned; nobody but this section stores to the rows of CPUs.
 */
.macro ADD_LONG_SECTION name, sharding, no_cpu
	SECTION_DESCRIPTOR \name
	SECTION_START \name, \sharding
	SECTION_ROW \sharding, \no_cpu
#ifdef PERCPU_DELAY
	movq	(%rdi,%rax), %r11
	addq	%rsi, %r11
	movq	%r11, (%rdi,%rax)
#else
	addq	%rsi, (%rdi,%rax)
#endif
.L\name\()_commit_end:
.endm

.macro ADD_LONG_FUNCTION prefix, sharding
FUNCTION percpu_\prefix\()add_long
	ADD_LONG_SECTION \prefix\()add_long, \sharding, .L\prefix\()add_long_no_cpu
	ret
	SECTION_ABORT \prefix\()add_long
	movq	%rax, %rdx
	jmp	percpu_retry_add_long
.L\prefix\()add_long_no_cpu:
	jmp	percpu_fallback_add_long
END_FUNCTION percpu_\prefix\()add_long
LOCAL_ALIAS percpu_\prefix\()add_long
.endm

	ADD_LONG_FUNCTION , cpu
	ADD_LONG_FUNCTION cid_, cid

	.hidden	percpu_try_add_long
FUNCTION percpu_try_add_long
	movq	%rcx, %r8
	movq	%rdx, %rcx
	ADD_LONG_SECTION try_add_long, any, .Ltry_add_long_no_cpu
	movq	$PERCPU_COMMITTED, %rax
	ret
.Ltry_add_long_no_cpu:
	movq	$PERCPU_NO_CPU, %rax
	ret
	SECTION_ABORT try_add_long
	ret
END_FUNCTION percpu_try_add_long

/*
 * add double
 *
 * Guarantees: those of add long, the sum rounded to nearest as Java's + does. Between the
 * load and the store of the commit nothing else can have stored to the cell: whoever ran
 * on this CPU in between caused an abort.
 */
.macro ADD_DOUBLE_SECTION name, sharding, no_cpu
	SECTION_DESCRIPTOR \name
	SECTION_START \name, \sharding
	SECTION_ROW \sharding, \no_cpu
	movsd	(%rdi,%rax), %xmm1
#ifdef PERCPU_DELAY
	movl	$PERCPU_DELAY, %r11d
9:	decl	%r11d
	jnz	9b
#endif
	addsd	%xmm0, %xmm1
	movsd	%xmm1, (%rdi,%rax)
.L\name\()_commit_end:
.endm

.macro ADD_DOUBLE_FUNCTION prefix, sharding
FUNCTION percpu_\prefix\()add_double
	ADD_DOUBLE_SECTION \prefix\()add_double, \sharding, .L\prefix\()add_double_no_cpu
	ret
	SECTION_ABORT \prefix\()add_double
	movq	%rax, %rsi
	jmp	percpu_retry_add_double
.L\prefix\()add_double_no_cpu:
	jmp	percpu_fallback_add_double
END_FUNCTION percpu_\prefix\()add_double
LOCAL_ALIAS percpu_\prefix\()add_double
.endm

	ADD_DOUBLE_FUNCTION , cpu
	ADD_DOUBLE_FUNCTION cid_, cid

	.hidden	percpu_try_add_double
FUNCTION percpu_try_add_double
	movq	%rdx, %r8
	movq	%rsi, %rcx
	ADD_DOUBLE_SECTION try_add_double, any, .Ltry_add_double_no_cpu
	movq	$PERCPU_COMMITTED, %rax
	ret
.Ltry_add_double_no_cpu:
	movq	$PERCPU_NO_CPU, %rax
	ret
	SECTION_ABORT try_add_double
	ret
END_FUNCTION percpu_try_add_double

/*
 * record: count, total and maximum of one meter
 *
 * One line of 64 bytes for each CPU holds two copies of the total and the maximum, and says
 * in the lowest bit of its count which one is valid:
 *
 *	 0  sequence	the count; copy (sequence & 1) is the active one
 *	 8  total[2]	a sum of long, or of double
 *	24  max[2]	the bits of the largest value of the epoch; not negative, so that long and
 *			double compare alike
 *	40  epoch[2]	the time window that max is of, 32 bits
 *	48  past[]	the maxima of the epochs before, by epoch modulo the number of entries
 *
 * A section computes the inactive copy from the active one, and commits by adding 1 to the
 * sequence.
 *
 * Guarantees:
 *  1. When the function returns 0, the value is in count, total and maximum exactly once, in
 *     the line of the CPU on which the section committed. When it returns 1, it is in none.
 *  2. All or nothing: an aborted section has written to the inactive copy only, and to past
 *     entries that have left every window by the epoch that it would have begun.
 *  3. A reader on any CPU that reads the sequence, then a copy, then the same sequence again
 *     has read a count, a total and a maximum of one moment: a writer touches the copy it
 *     has read only after a commit has changed the sequence.
 *  4. Stores become visible in program order (x86 TSO), so the copy is there before the
 *     sequence that makes it active.
 *  5. The epoch of a line starts at 0 and never goes back. A record that comes with an older
 *     epoch than the line's, since its thread was preempted meanwhile, counts as one of the
 *     line's.
 *  6. It ends after at most 1 + PERCPU_RETRIES aborts, as add long does.
 * Assumes: slot is 64-byte aligned and otherwise as add long assumes; value is not negative
 * and not NaN; the low half of epoch is its number, the high half how many past entries there
 * are: 0 or a power of two.
 */
#define LINE_TOTAL 8
#define LINE_MAX 24
#define LINE_EPOCH 40
#define LINE_PAST 48

/* The line of the current CPU in %r8, its sequence in %r9, the active copy's index in %r10. */
.macro RECORD_LINE sharding, no_cpu
	SECTION_ROW \sharding, \no_cpu
	leaq	(%rdi,%rax), %r8
	movq	(%r8), %r9
	movl	%r9d, %r10d
	andl	$1, %r10d
.endm

/* The copy of long, from the active one; the new maximum is in %r11. */
.macro RECORD_COPY_long
	cmpq	%rsi, %r11
	cmovlq	%rsi, %r11
	movq	LINE_TOTAL(%r8,%r10,8), %rcx
	addq	%rsi, %rcx
	xorl	$1, %r10d
	movq	%rcx, LINE_TOTAL(%r8,%r10,8)
.endm

.macro RECORD_COPY_double
	movq	%xmm0, %rcx
	cmpq	%rcx, %r11
	cmovlq	%rcx, %r11
	movsd	LINE_TOTAL(%r8,%r10,8), %xmm1
	addsd	%xmm0, %xmm1
	xorl	$1, %r10d
	movsd	%xmm1, LINE_TOTAL(%r8,%r10,8)
.endm

.macro RECORD_COMMIT epoch
	movq	%r11, LINE_MAX(%r8,%r10,8)
	movl	\epoch, LINE_EPOCH(%r8,%r10,4)
#ifdef PERCPU_DELAY
	movl	$PERCPU_DELAY, %ecx
9:	decl	%ecx
	jnz	9b
#endif
	incq	%r9
	movq	%r9, (%r8)
.endm

/* The common case: the line is of this epoch. */
.macro RECORD_SECTION name, sharding, type, epoch, rare
	SECTION_DESCRIPTOR \name
	SECTION_START \name, \sharding
	RECORD_LINE \sharding, \rare
	cmpl	\epoch, LINE_EPOCH(%r8,%r10,4)
	jne	\rare
	movq	LINE_MAX(%r8,%r10,8), %r11
	RECORD_COPY_\type
	RECORD_COMMIT \epoch
.L\name\()_commit_end:
.endm

/*
 * The rare case, and the general one: the line may be of an earlier epoch. Its maximum is
 * then put with the past ones, those of the epochs between, in which this CPU recorded
 * nothing, are cleared, and the maximum starts again from zero. An aborted try may leave past
 * entries written: the next one writes the same, and a reader does not mind, since what they
 * held before has left every window by the time of the new epoch.
 */
.macro RECORD_ROTATING_SECTION name, type, epoch, epoch64, no_cpu
	SECTION_DESCRIPTOR \name
	SECTION_START \name, any
	RECORD_LINE any, \no_cpu
	movl	LINE_EPOCH(%r8,%r10,4), %ecx
	movq	LINE_MAX(%r8,%r10,8), %r11
	movl	\epoch, %ebx
	subl	%ecx, %ebx
	jle	3f
	movq	\epoch64, %r12
	shrq	$32, %r12
	jz	2f
	decq	%r12
	movl	%ecx, %ebp
	andl	%r12d, %ebp
	movq	%r11, LINE_PAST(%r8,%rbp,8)
	decl	%ebx
	leal	1(%r12), %r11d
	cmpl	%r11d, %ebx
	cmoval	%r11d, %ebx
1:	testl	%ebx, %ebx
	jz	2f
	incl	%ecx
	movl	%ecx, %ebp
	andl	%r12d, %ebp
	movq	$0, LINE_PAST(%r8,%rbp,8)
	decl	%ebx
	jmp	1b
2:	movl	\epoch, %ecx
	xorl	%r11d, %r11d
3:	movl	%ecx, %ebp
	RECORD_COPY_\type
	RECORD_COMMIT %ebp
.L\name\()_commit_end:
.endm

.macro RECORD_FUNCTION prefix, sharding, type, epoch, seen
FUNCTION percpu_\prefix\()record_\type
	RECORD_SECTION \prefix\()record_\type, \sharding, \type, \epoch, .L\prefix\()record_\type\()_rare
	xorl	%eax, %eax
	ret
	SECTION_ABORT \prefix\()record_\type
	movq	%rax, \seen
	jmp	percpu_retry_record_\type
.L\prefix\()record_\type\()_rare:
	movq	$PERCPU_NOT_TRIED, \seen
	jmp	percpu_retry_record_\type
END_FUNCTION percpu_\prefix\()record_\type
LOCAL_ALIAS percpu_\prefix\()record_\type
.endm

.macro TRY_RECORD_FUNCTION type, epoch, epoch64, rseq, index
	.hidden	percpu_try_record_\type
FUNCTION percpu_try_record_\type
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbx, 0
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbp, 0
	pushq	%r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r12, 0
.ifnc \index, %r8
	movq	\index, %r8
	movq	\rseq, %rcx
.endif
	RECORD_ROTATING_SECTION try_record_\type, \type, \epoch, \epoch64, .Ltry_record_\type\()_no_cpu
	movq	$PERCPU_COMMITTED, %rax
.Ltry_record_\type\()_return:
	.cfi_remember_state
	popq	%r12
	.cfi_adjust_cfa_offset -8
	popq	%rbp
	.cfi_adjust_cfa_offset -8
	popq	%rbx
	.cfi_adjust_cfa_offset -8
	ret
	.cfi_restore_state
.Ltry_record_\type\()_no_cpu:
	movq	$PERCPU_NO_CPU, %rax
	jmp	.Ltry_record_\type\()_return
	SECTION_ABORT try_record_\type
	jmp	.Ltry_record_\type\()_return
END_FUNCTION percpu_try_record_\type
.endm

	RECORD_FUNCTION , cpu, long, %edx, %rcx
	RECORD_FUNCTION , cpu, double, %esi, %rdx
	RECORD_FUNCTION cid_, cid, long, %edx, %rcx
	RECORD_FUNCTION cid_, cid, double, %esi, %rdx
	TRY_RECORD_FUNCTION long, %edx, %rdx, %rcx, %r8
	TRY_RECORD_FUNCTION double, %esi, %rsi, %rdx, %rcx

/*
 * record + buckets: 1 is added to one bucket or two, then the value is recorded
 *
 * Guarantees:
 *  1. Each bucket has been added to exactly once, as add long does it, and the record's
 *     guarantees hold, also where it returns 1.
 *  2. A bucket's store comes before the record's commit, so a reader that reads the count
 *     first never finds a value in it that is in no bucket.
 * Each is a section of its own, since a section publishes with one store only; what is saved
 * is the way from one to the next. Buckets are in %r9 and %r8 (0 for none).
 */
.macro BUCKET_SECTION name, sharding, bucket, no_cpu
	SECTION_DESCRIPTOR \name
	SECTION_START \name, \sharding
	SECTION_ROW \sharding, \no_cpu
#ifdef PERCPU_DELAY
	movq	(\bucket,%rax), %r11
	incq	%r11
	movq	%r11, (\bucket,%rax)
#else
	incq	(\bucket,%rax)
#endif
.L\name\()_commit_end:
.endm

/* After a bucket that could not be added to here: this one, the next one, and the record. */
.macro BUCKETS_RESUME prefix, type, bucket, next, bucket_argument, next_argument, seen_argument
.L\prefix\()\bucket\()_\type\()_no_cpu:
	movq	$PERCPU_NO_CPU, %rax
	jmp	1f
	SECTION_ABORT \prefix\()\bucket\()_\type
1:
.ifc \bucket, bucket1
	movq	%r9, \bucket_argument
.ifnc \next_argument, %r8
	movq	%r8, \next_argument
.endif
.else
	movq	%r8, \bucket_argument
	xorl	\next, \next
.endif
	movq	%rax, \seen_argument
	jmp	percpu_resume_buckets_\type
.endm

.macro RECORD_BUCKETS_FUNCTION prefix, sharding, type, epoch, seen, bucket, bucket2, bucket2_32, resume_seen
FUNCTION percpu_\prefix\()record_buckets_\type
	movq	\bucket, %r9
.ifnc \bucket2, %r8
	movq	\bucket2, %r8
.endif
	BUCKET_SECTION \prefix\()bucket1_\type, \sharding, %r9, .L\prefix\()bucket1_\type\()_no_cpu
	testq	%r8, %r8
	jz	2f
	BUCKET_SECTION \prefix\()bucket2_\type, \sharding, %r8, .L\prefix\()bucket2_\type\()_no_cpu
2:
	RECORD_SECTION \prefix\()buckets_record_\type, \sharding, \type, \epoch, .L\prefix\()buckets_record_\type\()_rare
	xorl	%eax, %eax
	ret
	BUCKETS_RESUME \prefix, \type, bucket1, \bucket2_32, \bucket, \bucket2, \resume_seen
	BUCKETS_RESUME \prefix, \type, bucket2, \bucket2_32, \bucket, \bucket2, \resume_seen
	SECTION_ABORT \prefix\()buckets_record_\type
	movq	%rax, \seen
	jmp	percpu_retry_record_\type
.L\prefix\()buckets_record_\type\()_rare:
	movq	$PERCPU_NOT_TRIED, \seen
	jmp	percpu_retry_record_\type
END_FUNCTION percpu_\prefix\()record_buckets_\type
LOCAL_ALIAS percpu_\prefix\()record_buckets_\type
.endm

	RECORD_BUCKETS_FUNCTION , cpu, long, %edx, %rcx, %rcx, %r8, %r8d, %r9
	RECORD_BUCKETS_FUNCTION , cpu, double, %esi, %rdx, %rdx, %rcx, %ecx, %r8
	RECORD_BUCKETS_FUNCTION cid_, cid, long, %edx, %rcx, %rcx, %r8, %r8d, %r9
	RECORD_BUCKETS_FUNCTION cid_, cid, double, %esi, %rdx, %rdx, %rcx, %ecx, %r8

/*
 * canary and mark: the sections of the self-test
 *
 * Guarantees, where the kernel keeps its promise:
 *  1. Each has an effect only on the CPU that the caller names: it returns 3, and has stored
 *     nothing, where the thread was on another one.
 *  2. mark returns 0 where id was stored to word, and 1 where nothing was, since it was
 *     aborted.
 *  3. canary returns 0, 1 or 3, and word held id all the time from its store to the section's
 *     last instruction where it returns 0.
 *  4. canary returns 2 only where word was stored to meanwhile and this thread was not
 *     aborted. Since whoever stores to word does so by mark or canary on the same CPU, that
 *     is a kernel, or an emulator, that does not abort, wherever threads were moved to.
 */
	.hidden	percpu_canary
FUNCTION percpu_canary
	SECTION_DESCRIPTOR canary
	SECTION_START canary, any
	cmpl	%edx, %fs:RSEQ_CPU_ID(%rcx)
	jne	.Lelsewhere
	movq	%rsi, (%rdi)
1:	decq	%r8
	jnz	1b
	movq	(%rdi), %rax
.Lcanary_commit_end:
	cmpq	%rsi, %rax
	movl	$0, %eax
	je	2f
	movl	$2, %eax
2:	ret
	SECTION_ABORT canary
	movl	$1, %eax
	ret
END_FUNCTION percpu_canary

	.hidden	percpu_mark
FUNCTION percpu_mark
	SECTION_DESCRIPTOR mark
	SECTION_START mark, any
	cmpl	%edx, %fs:RSEQ_CPU_ID(%rcx)
	jne	.Lelsewhere
	movq	%rsi, (%rdi)
.Lmark_commit_end:
	xorl	%eax, %eax
	ret
	SECTION_ABORT mark
	movl	$1, %eax
	ret
.Lelsewhere:
	movl	$3, %eax
	ret
END_FUNCTION percpu_mark

/* The current CPU's number, or a negative one where this thread is not registered. */
FUNCTION percpu_current_cpu
	movq	percpu_rseq_offset(%rip), %rcx
	movl	%fs:RSEQ_CPU_ID(%rcx), %eax
	ret
END_FUNCTION percpu_current_cpu

	.section .note.GNU-stack, "", @progbits
