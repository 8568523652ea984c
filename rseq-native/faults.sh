#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the native fault suite (src/test/native/faults) and runs it: the sections as they are
# shipped in each way of recording, with delays and traps inside, and disarmed as the negative
# control, where every test must fail that can.
#
# usage: faults.sh [--seconds N] [--long] [--quick] [--hotplug] [--build]
#
#   --seconds N   how long it takes, about (60)
#   --long        ten minutes
#   --quick       without musl and without the rarer ways of recording
#   --hotplug     may take a CPU offline, and back
#   --build       only builds; prints where the programs are
#
# The programs are static, and run without anything else in any kernel's initramfs, container or
# virtual machine of their architecture. Results are in target/faults/faults.md as well. Exits
# with 77 where nothing can be built or rseq can't be had.
set -euo pipefail

cd "$(dirname "$0")"

seconds=60
quick=
build_only=
hotplug=()
while (($# > 0)); do
	case $1 in
		--seconds) seconds=$2; shift ;;
		--long) seconds=600 ;;
		--quick) quick=yes ;;
		--hotplug) hotplug=(--hotplug) ;;
		--build) build_only=yes ;;
		*) sed -n 's/^# \(usage: .*\)/\1/p' "${0##*/}" >&2; exit 2 ;;
	esac
	shift
done

unset GLIBC_TUNABLES
host=$(uname -m)
target=target/faults
table=$target/faults.md
failed=()
mkdir -p "$target"
: >"$table"

# build NAME ARCHITECTURE COMPILER: the programs, or why there are none.
build() {
	local name=$1 arch=$2 compiler=$3
	rm -rf "${target:?}/$name"
	mkdir -p "$target/$name"
	if ! command -v "$compiler" >/dev/null; then
		echo "[faults] $name: SKIPPED, there is no compiler '$compiler'"
	elif ! echo 'int main(void) { return 0; }' | "$compiler" -x c -static -o "$target/$name/empty" - 2>/dev/null; then
		echo "[faults] $name: SKIPPED, '$compiler' links no static programs"
	else
		rm "$target/$name/empty"
		sh src/test/native/faults/build.sh "$compiler" "$arch" "$target/$name"
		echo "[faults] $name: $(realpath "$target/$name")/faults{,-injected,-disarmed}"
	fi
}

# run TITLE PERCENT PROGRAM ARGUMENTS...
run() {
	local title=$1 percent=$2 program=$3 rc=0
	shift 3
	echo "== $title"
	"$target/$program" --seconds "$((seconds * percent))e-2" --table "$target/part.md" "$@" || rc=$?
	if ((rc == 3)); then
		exit 77
	fi
	if ((rc != 0)); then
		failed+=("$title")
	fi
	printf '\n### %s\n\n' "$title" >>"$table"
	cat "$target/part.md" >>"$table"
	rm "$target/part.md"
}

build "$host-glibc" "$host" "${CC:-gcc}"
if [[ -z $quick ]]; then
	build "$host-musl" "$host" musl-gcc
	if [[ $host == x86_64 ]]; then
		build aarch64-glibc aarch64 aarch64-linux-gnu-gcc
	fi
fi
if [[ -n $build_only ]]; then
	exit 0
fi
if [[ ! -x $target/$host-glibc/faults ]]; then
	exit 77
fi

run "As shipped: registered by libc, a row for each CPU" 30 "$host-glibc/faults" "${hotplug[@]}"
run "Delays and traps between the instructions" 10 "$host-glibc/faults-injected" --only delays --only traps
if [[ -z $quick ]]; then
	run "A row for each concurrency id" 10 "$host-glibc/faults" --sharding 1
	export GLIBC_TUNABLES=glibc.pthread.rseq=0
	run "Registered by the library, glibc" 10 "$host-glibc/faults" --registration 1
	unset GLIBC_TUNABLES
	if [[ -x $target/$host-musl/faults ]]; then
		run "Registered by the library, musl" 10 "$host-musl/faults"
	fi
fi
run "Negative control: disarmed, each test must fail" 5 "$host-glibc/faults-disarmed" --delay 300 --must-fail "${hotplug[@]}"

if ((${#failed[@]} > 0)); then
	printf '[faults] FAILED: %s\n' "${failed[@]}"
	exit 1
fi
