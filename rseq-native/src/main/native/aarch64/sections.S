/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The critical sections for aarch64 (AAPCS64). What a section is, the rules it keeps and the
 * guarantees it gives are told in x86_64/sections.S; what differs is told here.
 *
 * The signature is the instruction word brk #0x45e0, as glibc registers it.
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

/* Arms the section; leaves struct rseq in x11, the number of rows in w12, the descriptor in x9. */
.macro SECTION_START name
	adrp	x11, percpu_rseq_offset
	ldr	x11, [x11, #:lo12:percpu_rseq_offset]
	mrs	x12, tpidr_el0
	add	x11, x11, x12
	adrp	x12, percpu_cpu_count
	ldr	w12, [x12, #:lo12:percpu_cpu_count]
	adrp	x9, .L\name\()_descriptor
	add	x9, x9, #:lo12:.L\name\()_descriptor
	str	x9, [x11, #RSEQ_CS]
.L\name\()_start:
.endm

/* The address of the current CPU's cell in x10; x9 keeps the CPU's number. */
.macro SECTION_CELL no_cpu
	ldr	w9, [x11, #RSEQ_CPU_ID]
	cmp	w9, w12
	b.hs	\no_cpu
	add	x10, x0, x9, lsl #PERCPU_ROW_SHIFT
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
.macro ADD_LONG_SECTION name, no_cpu
	SECTION_DESCRIPTOR \name
	SECTION_START \name
	SECTION_CELL \no_cpu
	ldr	x13, [x10]
	add	x13, x13, x1
	str	x13, [x10]
.L\name\()_commit_end:
.endm

FUNCTION percpu_add_long
	ADD_LONG_SECTION add_long, .Ladd_long_no_cpu
	ret
	SECTION_ABORT add_long
	mov	x2, x9
	b	percpu_retry_add_long
.Ladd_long_no_cpu:
	b	percpu_fallback_add_long
END_FUNCTION percpu_add_long
LOCAL_ALIAS percpu_add_long

	.hidden	percpu_try_add_long
FUNCTION percpu_try_add_long
	ADD_LONG_SECTION try_add_long, .Ltry_add_long_no_cpu
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
.macro ADD_DOUBLE_SECTION name, no_cpu
	SECTION_DESCRIPTOR \name
	SECTION_START \name
	SECTION_CELL \no_cpu
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

FUNCTION percpu_add_double
	ADD_DOUBLE_SECTION add_double, .Ladd_double_no_cpu
	ret
	SECTION_ABORT add_double
	mov	x1, x9
	b	percpu_retry_add_double
.Ladd_double_no_cpu:
	b	percpu_fallback_add_double
END_FUNCTION percpu_add_double
LOCAL_ALIAS percpu_add_double

	.hidden	percpu_try_add_double
FUNCTION percpu_try_add_double
	ADD_DOUBLE_SECTION try_add_double, .Ltry_add_double_no_cpu
	mov	x0, #PERCPU_COMMITTED
	ret
.Ltry_add_double_no_cpu:
	mov	x0, #PERCPU_NO_CPU
	ret
	SECTION_ABORT try_add_double
	mov	x0, x9
	ret
END_FUNCTION percpu_try_add_double

/* canary: the guarantees of x86_64/sections.S. */
	.hidden	percpu_canary
FUNCTION percpu_canary
	SECTION_DESCRIPTOR canary
	SECTION_START canary
	str	x1, [x0]
1:	subs	x2, x2, #1
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
