#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Asks Arm's own memory model whether a reader can get a record in pieces: herd7 tries every
# execution of a test that the architecture allows. It must say 'Never' of the code as it is, and
# 'Sometimes' once any one of its orderings is taken out. An emulator on x86-64 can't show that: it runs
# arm64 code with x86's order, which is stronger.
#
#   kernels/memory-model.sh    uses herd7 if it is on the path, and Debian's (herdtools7) otherwise
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$here/target
# shellcheck source=kernels/lib/debian.sh
. "$here/lib/debian.sh"

herd() {
	if command -v herd7 >/dev/null; then
		herd7 "$@"
		return
	fi
	local tools=$work/herdtools
	if [ ! -d "$tools" ]; then
		local options=() deb
		suite_apt sid "$(dpkg --print-architecture)"
		mkdir -p "$tools.part"
		(cd "$tools.part" && apt-get "${options[@]}" -qq download herdtools7 libc6 libgmp10 >&2)
		for deb in "$tools.part"/*.deb; do
			dpkg-deb -x "$deb" "$tools.part"
		done
		rm "$tools.part"/*.deb
		mv "$tools.part" "$tools"
	fi
	# With the C library that it was built for, which this machine need not have.
	local libraries
	libraries=$(dirname "$(find "$tools/usr/lib" -name libgmp.so.10 | head -n 1)")
	"$(echo "$libraries"/ld-linux-*)" --library-path "$libraries" "$tools/usr/bin/herd7" \
			-I "$tools/usr/share/herdtools7/herd" "$@"
}

failed=false

# check TEST EXPECTED WHAT [SED PROGRAM]: what the model says of a test, changed so.
check() {
	local test=$1 expected=$2 what=$3 program=${4:-} file=$work/litmus/$1.litmus observed
	mkdir -p "$work/litmus"
	sed "$program" "$here/$test.litmus" >"$file"
	if [ -n "$program" ] && cmp -s "$file" "$here/$test.litmus"; then
		echo "Nothing was changed for: $what" >&2
		exit 1
	fi
	observed=$(herd "$file" | sed -n "s/^Observation $test //p")
	echo "$test: $observed: $what"
	[ "${observed%% *}" = "$expected" ] || { echo "  expected: $expected" >&2; failed=true; }
}

# The test is only worth as much as it is like the code: the same accesses to the line, in order.
compare_with_the_code() {
	local library=$here/../rseq-native/target/native-test/linux-aarch64/libpercpu_rseq-disarmed.so
	if ! command -v aarch64-linux-gnu-objdump >/dev/null || [ ! -f "$library" ]; then
		echo "The code was not looked at: there is no aarch64 library or no aarch64-linux-gnu-objdump"
		return
	fi
	local function found load="ldar x10,ldr x16,ldr x15," store="ldr x15,str x15,str x15,str x16,stlr x10,"
	for function in percpu_record_long percpu_record_double percpu_cid_record_long percpu_cid_record_double \
			percpu_try_record_long percpu_try_record_double; do
		found=$(aarch64-linux-gnu-objdump -d --disassemble="$function" "$library" | sed -n \
				's/^.*\t\(ldar\|stlr\|ldr\|str\|ldp\|stp\)\t[^[]*\[\(x10\|x15\|x16\|x8\)[],].*/\1 \2/p' | tr '\n' ',')
		# The sequence; epoch, maximum and total of one copy; past maxima; the other copy; the sequence
		case $function:$found in
			percpu_try_*:"$load"str\ x8,str\ x8,"$store" | percpu_[rc]*:"$load$store") echo "As in the test: $function" ;;
			*) echo "$function touches the line otherwise: $found" >&2; failed=true ;;
		esac
	done
}

check record Never "as written"
check record Sometimes "the commit a plain store" 's/STLR/STR/'
check record Sometimes "the section's load of the sequence a plain one" 's/^ LDAR/ LDR/'
check record Sometimes "the reader's first load of the sequence a plain one" 's/| LDAR X0/| LDR  X0/'
check record Sometimes "no barrier before the reader's second load of the sequence" 's/DMB ISHLD/NOP      /'
check buckets Never "as written"
check buckets Sometimes "the commit a plain store" 's/STLR/STR/'
check buckets Sometimes "the reader's load of the count a plain one" 's/| LDAR X0/| LDR  X0/'
compare_with_the_code
! $failed
