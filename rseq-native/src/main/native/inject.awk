# SPDX-License-Identifier: Apache-2.0
#
# Makes the test variant PERCPU_INJECT of sections.S: puts the macro INJECT before every
# instruction of the macros that make up the functions, and so between any two instructions
# of each critical section. Since it stands before an instruction and never after one,
# nothing gets between the store that arms a section and its START label.
#
# Each place is a struct { address, spins, trap } in the ELF section percpu_points:
# spins is how many turns are lost there; with trap not zero a trap instruction (int3, brk) is
# executed, which raises SIGTRAP exactly there. The address is where the program goes on after
# the trap. INJECT keeps all registers and flags, unless it is interrupted by an abort, when it
# may lose the one that it borrows: never one that an abort handler uses.

/^\.macro (SECTION_START|SECTION_ROW|SECTION_CELL|ADD_|BUCKET|RECORD_|TRY_)/ { inside = 1 }
/^\.endm/ { inside = 0 }
inside && /^\t[a-z]/ { print "\tINJECT" }
{ print }
