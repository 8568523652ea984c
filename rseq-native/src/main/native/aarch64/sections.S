/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The critical sections for aarch64 (AAPCS64). What a section is, the rules it keeps and the
 * guarantees it gives are told in x86_64/sections.S; what differs is told here.
 *
 * The signature is the instruction word brk #0x45e0, as glibc registers it.
 *
 * One guarantee is weaker: whoever single-steps must step over a pair of exclusive
 * instructions, as debuggers do, since each exception clears the monitor. The C code counts
 * aborts and adds to the fallback row with such pairs (no LSE is presumed), and never gets
 * beyond one otherwise.
 *
 * A cell is committed by a plain store: a single cell needs no order relative to others,
 * and readers want only single-copy atomicity, which an aligned 8-byte store has. Abort
 * handlers stay in the same section as their critical section, so that no veneer that
 * clobbers x16 and x17 comes between.
 */
#include "percpu.h"

	.text

.macro SECTION_DESCRIPTOR name
	.pushsection __rseq_cs, "aw", %progbits
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
	.pushsection __rseq_cs_ptr_array, "aw", %progbits
	.balign	8
	.quad	.L\name\()_descriptor
	.popsection
.endm

#ifdef PERCPU_INJECT
/* See inject.awk. There is no red zone, so the borrowed register is kept in a scratch one. */
.macro INJECT
	.pushsection percpu_points, "aw", %progbits
	.balign	8
.Lpoint\@:
	.quad	.Linjected\@, 0, 0
	.popsection
	fmov	d31, x16
	adrp	x16, .Lpoint\@+8
	ldr	x16, [x16, #:lo12:.Lpoint\@+8]
.Lspin\@:
	cbz	x16, .Lspun\@
	sub	x16, x16, #1
	b	.Lspin\@
.Lspun\@:
	adrp	x16, .Lpoint\@+16
	ldr	x16, [x16, #:lo12:.Lpoint\@+16]
	cbz	x16, .Linjected\@
	brk	#1
.Linjected\@:
	fmov	x16, d31
.endm
#endif

/*
 * Arms the section; leaves struct rseq in x11, the number of rows in w12, the descriptor in
 * x9. With sharding any, the caller has put the offset of struct rseq into x11, and the row
 * number's into x12, whose address is then in x17.
 */
.macro SECTION_START name, sharding
	mrs	x17, tpidr_el0
.ifc \sharding, any
	add	x11, x11, x17
	add	x17, x12, x17
.else
	adrp	x11, percpu_rseq_offset
	ldr	x11, [x11, #:lo12:percpu_rseq_offset]
	add	x11, x11, x17
.endif
	adrp	x12, percpu_cpu_count
	ldr	w12, [x12, #:lo12:percpu_cpu_count]
	adrp	x9, .L\name\()_descriptor
	add	x9, x9, #:lo12:.L\name\()_descriptor
	str	x9, [x11, #RSEQ_CS]
.L\name\()_start:
.endm

/* The address of this thread's cell in x10, of those at slot; x9 keeps the row's number. */
.macro SECTION_CELL sharding, no_cpu, slot=x0
.ifc \sharding, cpu
	ldr	w9, [x11, #RSEQ_CPU_ID]
.else
	ldr	w10, [x11, #RSEQ_CPU_ID]
	tbnz	w10, #31, \no_cpu
.ifc \sharding, cid
	ldr	w9, [x11, #RSEQ_MM_CID]
.else
	ldr	w9, [x17]
.endif
.endif
	cmp	w9, w12
	b.hs	\no_cpu
	add	x10, \slot, x9, lsl #PERCPU_ROW_SHIFT
#ifdef PERCPU_DELAY
	mov	w14, #PERCPU_DELAY
9:	subs	w14, w14, #1
	b.ne	9b
#endif
.endm

.macro SECTION_ABORT name
	.inst	0xd428bc00
.L\name\()_abort:
.endm

.macro FUNCTION name
	.balign	64
	.globl	\name
	.type	\name, %function
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

/* add long: the guarantees of x86_64/sections.S. */
.macro ADD_LONG_SECTION name, sharding, no_cpu
	SECTION_DESCRIPTOR \name
	SECTION_START \name, \sharding
	SECTION_CELL \sharding, \no_cpu
	ldr	x13, [x10]
	add	x13, x13, x1
	str	x13, [x10]
.L\name\()_commit_end:
.endm

.macro ADD_LONG_FUNCTION prefix, sharding
FUNCTION percpu_\prefix\()add_long
	ADD_LONG_SECTION \prefix\()add_long, \sharding, .L\prefix\()add_long_no_cpu
	ret
	SECTION_ABORT \prefix\()add_long
	mov	x2, x9
	b	percpu_retry_add_long
.L\prefix\()add_long_no_cpu:
	b	percpu_fallback_add_long
END_FUNCTION percpu_\prefix\()add_long
LOCAL_ALIAS percpu_\prefix\()add_long
.endm

	ADD_LONG_FUNCTION , cpu
	ADD_LONG_FUNCTION cid_, cid

	.hidden	percpu_try_add_long
FUNCTION percpu_try_add_long
	mov	x11, x2
	mov	x12, x3
	ADD_LONG_SECTION try_add_long, any, .Ltry_add_long_no_cpu
	mov	x0, #PERCPU_COMMITTED
	ret
.Ltry_add_long_no_cpu:
	mov	x0, #PERCPU_NO_CPU
	ret
	SECTION_ABORT try_add_long
	mov	x0, x9
	ret
END_FUNCTION percpu_try_add_long

/* add double: the guarantees of x86_64/sections.S. */
.macro ADD_DOUBLE_SECTION name, sharding, no_cpu
	SECTION_DESCRIPTOR \name
	SECTION_START \name, \sharding
	SECTION_CELL \sharding, \no_cpu
	ldr	d1, [x10]
#ifdef PERCPU_DELAY
	mov	w14, #PERCPU_DELAY
9:	subs	w14, w14, #1
	b.ne	9b
#endif
	fadd	d1, d1, d0
	str	d1, [x10]
.L\name\()_commit_end:
.endm

.macro ADD_DOUBLE_FUNCTION prefix, sharding
FUNCTION percpu_\prefix\()add_double
	ADD_DOUBLE_SECTION \prefix\()add_double, \sharding, .L\prefix\()add_double_no_cpu
	ret
	SECTION_ABORT \prefix\()add_double
	mov	x1, x9
	b	percpu_retry_add_double
.L\prefix\()add_double_no_cpu:
	b	percpu_fallback_add_double
END_FUNCTION percpu_\prefix\()add_double
LOCAL_ALIAS percpu_\prefix\()add_double
.endm

	ADD_DOUBLE_FUNCTION , cpu
	ADD_DOUBLE_FUNCTION cid_, cid

	.hidden	percpu_try_add_double
FUNCTION percpu_try_add_double
	mov	x11, x1
	mov	x12, x2
	ADD_DOUBLE_SECTION try_add_double, any, .Ltry_add_double_no_cpu
	mov	x0, #PERCPU_COMMITTED
	ret
.Ltry_add_double_no_cpu:
	mov	x0, #PERCPU_NO_CPU
	ret
	SECTION_ABORT try_add_double
	mov	x0, x9
	ret
END_FUNCTION percpu_try_add_double

/*
 * record: the layout and the guarantees of x86_64/sections.S. Where that one leans on x86's
 * order of stores, this one says it: the commit is a store-release, so that the copy is
 * visible before the sequence that makes it active; and the sequence is loaded with
 * load-acquire, so that this section's stores to the copy that readers have just left come
 * after the commit that made them leave: [stlr of the last record]; [ldar of this one]; stores.
 * A plain load would leave these stores free to overtake the last commit.
 */
#define LINE_TOTAL 8
#define LINE_MAX 24
#define LINE_EPOCH 40
#define LINE_PAST 48

/* x10 the line, x13 its sequence, x14 the active copy's index. */
.macro RECORD_LINE sharding, no_cpu
	SECTION_CELL \sharding, \no_cpu
	ldar	x13, [x10]
	and	x14, x13, #1
	add	x15, x10, x14, lsl #3
	add	x16, x10, x14, lsl #2
	ldr	w17, [x16, #LINE_EPOCH]
.endm

/* From the maximum in x3 and the active copy at x15; leaves the inactive copy's index in x14. */
.macro RECORD_COPY_long
	cmp	x3, x1
	csel	x3, x3, x1, ge
	ldr	x4, [x15, #LINE_TOTAL]
	add	x4, x4, x1
	eor	x14, x14, #1
	add	x15, x10, x14, lsl #3
	str	x4, [x15, #LINE_TOTAL]
.endm

.macro RECORD_COPY_double
	fmov	x4, d0
	cmp	x3, x4
	csel	x3, x3, x4, ge
	ldr	d1, [x15, #LINE_TOTAL]
	fadd	d1, d1, d0
	eor	x14, x14, #1
	add	x15, x10, x14, lsl #3
	str	d1, [x15, #LINE_TOTAL]
.endm

/* The epoch is in w17. */
.macro RECORD_COMMIT
	add	x16, x10, x14, lsl #2
	str	x3, [x15, #LINE_MAX]
	str	w17, [x16, #LINE_EPOCH]
#ifdef PERCPU_DELAY
	mov	w4, #PERCPU_DELAY
9:	subs	w4, w4, #1
	b.ne	9b
#endif
	add	x13, x13, #1
	stlr	x13, [x10]
.endm

.macro RECORD_SECTION name, sharding, type, epoch, rare
	SECTION_DESCRIPTOR \name
	SECTION_START \name, \sharding
	RECORD_LINE \sharding, \rare
	cmp	w17, \epoch
	b.ne	\rare
	ldr	x3, [x15, #LINE_MAX]
	RECORD_COPY_\type
	RECORD_COMMIT
.L\name\()_commit_end:
.endm

.macro RECORD_ROTATING_SECTION name, type, epoch, epoch64, no_cpu
	SECTION_DESCRIPTOR \name
	SECTION_START \name, any
	RECORD_LINE any, \no_cpu
	ldr	x3, [x15, #LINE_MAX]
	subs	w5, \epoch, w17
	b.le	3f
	lsr	x6, \epoch64, #32
	cbz	x6, 2f
	sub	x7, x6, #1
	and	w8, w17, w7
	add	x8, x10, x8, lsl #3
	str	x3, [x8, #LINE_PAST]
	sub	w5, w5, #1
	cmp	w5, w6
	csel	w5, w5, w6, ls
1:	cbz	w5, 2f
	add	w17, w17, #1
	and	w8, w17, w7
	add	x8, x10, x8, lsl #3
	str	xzr, [x8, #LINE_PAST]
	sub	w5, w5, #1
	b	1b
2:	mov	w17, \epoch
	mov	x3, #0
3:
	RECORD_COPY_\type
	RECORD_COMMIT
.L\name\()_commit_end:
.endm

.macro RECORD_FUNCTION prefix, sharding, type, epoch, seen
FUNCTION percpu_\prefix\()record_\type
	RECORD_SECTION \prefix\()record_\type, \sharding, \type, \epoch, .L\prefix\()record_\type\()_rare
	mov	w0, #0
	ret
	SECTION_ABORT \prefix\()record_\type
	mov	\seen, x9
	b	percpu_retry_record_\type
.L\prefix\()record_\type\()_rare:
	mov	\seen, #PERCPU_NOT_TRIED
	b	percpu_retry_record_\type
END_FUNCTION percpu_\prefix\()record_\type
LOCAL_ALIAS percpu_\prefix\()record_\type
.endm

.macro TRY_RECORD_FUNCTION type, epoch, epoch64, rseq, index
	.hidden	percpu_try_record_\type
FUNCTION percpu_try_record_\type
	mov	x11, \rseq
	mov	x12, \index
	RECORD_ROTATING_SECTION try_record_\type, \type, \epoch, \epoch64, .Ltry_record_\type\()_no_cpu
	mov	x0, #PERCPU_COMMITTED
	ret
.Ltry_record_\type\()_no_cpu:
	mov	x0, #PERCPU_NO_CPU
	ret
	SECTION_ABORT try_record_\type
	mov	x0, x9
	ret
END_FUNCTION percpu_try_record_\type
.endm

	RECORD_FUNCTION , cpu, long, w2, x3
	RECORD_FUNCTION , cpu, double, w1, x2
	RECORD_FUNCTION cid_, cid, long, w2, x3
	RECORD_FUNCTION cid_, cid, double, w1, x2
	TRY_RECORD_FUNCTION long, w2, x2, x3, x4
	TRY_RECORD_FUNCTION double, w1, x1, x2, x3

/*
 * record + buckets: the guarantees of x86_64/sections.S. The commit of the record, a
 * store-release, comes after the buckets' stores for every reader. Buckets are in x5 and x6
 * (0 for none).
 */
.macro BUCKET_SECTION name, sharding, bucket, no_cpu
	SECTION_DESCRIPTOR \name
	SECTION_START \name, \sharding
	SECTION_CELL \sharding, \no_cpu, \bucket
	ldr	x13, [x10]
	add	x13, x13, #1
	str	x13, [x10]
.L\name\()_commit_end:
.endm

/* After a bucket that could not be added to here: this one, the next one, and the record. */
.macro BUCKETS_RESUME prefix, type, bucket, bucket_argument, next_argument, seen_argument
.L\prefix\()\bucket\()_\type\()_no_cpu:
	mov	x9, #PERCPU_NO_CPU
	b	1f
	SECTION_ABORT \prefix\()\bucket\()_\type
1:
.ifc \bucket, bucket1
	mov	\bucket_argument, x5
	mov	\next_argument, x6
.else
	mov	\bucket_argument, x6
	mov	\next_argument, #0
.endif
	mov	\seen_argument, x9
	b	percpu_resume_buckets_\type
.endm

.macro RECORD_BUCKETS_FUNCTION prefix, sharding, type, epoch, seen, bucket, bucket2, resume_seen
FUNCTION percpu_\prefix\()record_buckets_\type
	mov	x5, \bucket
	mov	x6, \bucket2
	BUCKET_SECTION \prefix\()bucket1_\type, \sharding, x5, .L\prefix\()bucket1_\type\()_no_cpu
	cbz	x6, 2f
	BUCKET_SECTION \prefix\()bucket2_\type, \sharding, x6, .L\prefix\()bucket2_\type\()_no_cpu
2:
	RECORD_SECTION \prefix\()buckets_record_\type, \sharding, \type, \epoch, .L\prefix\()buckets_record_\type\()_rare
	mov	w0, #0
	ret
	BUCKETS_RESUME \prefix, \type, bucket1, \bucket, \bucket2, \resume_seen
	BUCKETS_RESUME \prefix, \type, bucket2, \bucket, \bucket2, \resume_seen
	SECTION_ABORT \prefix\()buckets_record_\type
	mov	\seen, x9
	b	percpu_retry_record_\type
.L\prefix\()buckets_record_\type\()_rare:
	mov	\seen, #PERCPU_NOT_TRIED
	b	percpu_retry_record_\type
END_FUNCTION percpu_\prefix\()record_buckets_\type
LOCAL_ALIAS percpu_\prefix\()record_buckets_\type
.endm

	RECORD_BUCKETS_FUNCTION , cpu, long, w2, x3, x3, x4, x5
	RECORD_BUCKETS_FUNCTION , cpu, double, w1, x2, x2, x3, x4
	RECORD_BUCKETS_FUNCTION cid_, cid, long, w2, x3, x3, x4, x5
	RECORD_BUCKETS_FUNCTION cid_, cid, double, w1, x2, x2, x3, x4

/* canary and mark: the guarantees of x86_64/sections.S. */
	.hidden	percpu_canary
FUNCTION percpu_canary
	mov	x11, x3
	mov	x12, #0
	SECTION_DESCRIPTOR canary
	SECTION_START canary, any
	ldr	w9, [x11, #RSEQ_CPU_ID]
	cmp	w9, w2
	b.ne	.Lelsewhere
	str	x1, [x0]
1:	subs	x4, x4, #1
	b.ne	1b
	ldr	x13, [x0]
.Lcanary_commit_end:
	cmp	x13, x1
	mov	x0, #0
	b.eq	2f
	mov	x0, #2
2:	ret
	SECTION_ABORT canary
	mov	x0, #1
	ret
END_FUNCTION percpu_canary

	.hidden	percpu_mark
FUNCTION percpu_mark
	mov	x11, x3
	mov	x12, #0
	SECTION_DESCRIPTOR mark
	SECTION_START mark, any
	ldr	w9, [x11, #RSEQ_CPU_ID]
	cmp	w9, w2
	b.ne	.Lelsewhere
	str	x1, [x0]
.Lmark_commit_end:
	mov	x0, #0
	ret
	SECTION_ABORT mark
	mov	x0, #1
	ret
.Lelsewhere:
	mov	x0, #3
	ret
END_FUNCTION percpu_mark

/* The current CPU's number, or a negative one where this thread is not registered. */
FUNCTION percpu_current_cpu
	adrp	x9, percpu_rseq_offset
	ldr	x9, [x9, #:lo12:percpu_rseq_offset]
	mrs	x10, tpidr_el0
	add	x9, x9, x10
	ldr	w0, [x9, #RSEQ_CPU_ID]
	ret
END_FUNCTION percpu_current_cpu

	.section .note.GNU-stack, "", %progbits
