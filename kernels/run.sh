#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Boots Debian's kernels in emulated machines, runs the native suite and the sample application
# there, and writes docs/kernels.md: what README.md beside this file tells at length.
#
#   kernels/run.sh                   every machine of matrix.txt, one after the other
#   kernels/run.sh --only NAME       one of them (may be given several times)
#   kernels/run.sh --parts PARTS     of native,memory,faults,disarmed,status,smoke,stress, instead of those that matrix.txt names
#   kernels/run.sh --seconds N       how long the native suite counts in each of its ways, 10 unless told
#   kernels/run.sh --no-build        takes the suite that the last run has built
#   kernels/run.sh --page            runs nothing, writes the page from the results there are
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
work=$here/target
page=$root/docs/kernels.md
only=()
parts=
seconds=10
run=true
build=true
while [ $# -gt 0 ]; do
	case $1 in
		--only) only+=("$2"); shift ;;
		--parts) parts=$2; shift ;;
		--seconds) seconds=$2; shift ;;
		--no-build) build=false ;;
		--page) run=false ;;
		*) echo "Unknown option $1" >&2; exit 2 ;;
	esac
	shift
done

# shellcheck source=kernels/lib/debian.sh
. "$here/lib/debian.sh"
# shellcheck source=kernels/lib/suite.sh
. "$here/lib/suite.sh"
# shellcheck source=kernels/lib/page.sh
. "$here/lib/page.sh"

require() {
	local pair missing=()
	for pair in apt-get:apt dpkg-deb:dpkg cpio:cpio qemu-system-x86_64:qemu-system-x86 \
			qemu-system-aarch64:qemu-system-arm gcc:gcc aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu; do
		command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
	done
	if [ ${#missing[@]} -gt 0 ]; then
		echo "Missing Debian packages: ${missing[*]}" >&2
		exit 1
	fi
}

# boot LOG ARCH KERNEL INITRAMFS CPUS JDK PARTS THREAD: one machine, its console in the file LOG; virtual CPUs in a thread
# each (multi) or all in one (single).
boot() {
	local log=$1 arch=$2 kernel=$3 initramfs=$4 cpus=$5 jdk=$6 parts=$7 thread=$8
	local name machine console
	name=$(basename "$log" .log)
	case $arch in
		# Without cmpxchg16b, behind which QEMU 7.2 was seen to leave flags that no processor sets.
		amd64) machine="qemu-system-x86_64 -M q35 -cpu max,cx16=off"; console=ttyS0 ;;
		# QEMU's own pointer authentication instead of the architected one, which is slow to emulate.
		arm64) machine="qemu-system-aarch64 -M virt,gic-version=3 -cpu max,pauth-impdef=on"; console=ttyAMA0 ;;
	esac
	# A kernel that patches its code while it boots may trip over QEMU's translation of the old one ("Oops:
	# int3"), and then panic, or stand still but for oops=panic. That is before init, and no result of ours;
	# once a part has begun, nothing is tried again.
	local attempt status
	for attempt in 1 2 3; do
		# No watchdogs: where the host is busy, a virtual CPU may stand still for long.
		# shellcheck disable=SC2086
		timeout "$((7200 + 60 * cpus))" $machine -accel tcg,thread=$thread -smp "$cpus" -m "$((2048 + 32 * cpus))" \
			-nodefaults -no-reboot -display none -serial "file:$log" -kernel "$kernel" -initrd "$initramfs" \
			-append "console=$console loglevel=2 oops=panic panic=-1 nowatchdog rcupdate.rcu_cpu_stall_suppress=1 suite.seconds=$seconds suite.parts=$parts suite.java=$jdk" \
			&& status=0 || status=$?
		[ "$status" = 0 ] || echo "$name: qemu ended with status $status" >&2
		# 124 is timeout's.
		if [ "$status" = 124 ] || grep -q '^== ' "$log"; then
			break
		fi
		echo "$name: boot $attempt did not come to init" >&2
	done
	if ! grep -q '^== end' "$log"; then
		echo "$name: the machine did not come to its end; the last lines of $log:" >&2
		tail -n 15 "$log" >&2
		return 1
	fi
}

# keep PART LOG: what a part has told, so that each part can be run again alone.
keep() {
	local lines
	case $1 in
		native) lines='model|exact\..*|control' ;;
		*) lines="$1.*" ;;
	esac
	echo "$1.date=$(date -u +%F)"
	echo "$1.jdk=$jdk"
	tr -d '\r' <"$2" | sed -En "s/^($lines): > ([A-Za-z0-9.]*=)/\\1.\\2/p"
}

# members PARTS NAME...: those of the parts that have one of the names.
members() {
	local parts=,$1, name found=()
	shift
	for name in "$@"; do
		[[ $parts != *,$name,* ]] || found+=("$name")
	done
	(IFS=,; echo "${found[*]}")
}

# run_parts PARTS THREAD LOG: boots the machine for some of its parts, and keeps what each has told.
run_parts() {
	local part
	[ -n "$1" ] || return 0
	boot "$3" "$arch" "$kernel" "$work/results/$name.cpio" "$cpus" "$jdk" "$1" "$2" || return
	for part in ${1//,/ }; do
		keep "$part" "$3" >"$work/results/$name.$part.properties"
	done
}

machine() {
	local name=$1 arch=$2 suite=$3 release=$4 userland=$5 jdk=$6 cpus=$7 promise=$8 parts=${parts:-$9}
	local log=$work/results/$1.log
	local kernel started=$SECONDS thread=multi status=0
	echo "$(date +%T) $name"
	mkdir -p "$work/results"
	kernel=$(kernel_image "$suite" "$arch" "$release")
	initramfs "$arch" "$userland" "$jdk" "$work/results/$name.cpio"
	# Virtual CPUs really run at once in threads of their own. Where they wait for each other all the time, and where
	# they are many, few real CPUs get nowhere that way; in one thread a CPU that waits gives way to the next.
	[ "$cpus" -le 16 ] || thread=single
	run_parts "$(members "$parts" native memory status smoke stress)" "$thread" "$log" || status=$?
	run_parts "$(members "$parts" faults disarmed)" single "${log%.log}.faults.log" || status=$?
	rm -f "$work/results/$name.cpio"
	echo "$(date +%T) $name: $parts took $((SECONDS - started)) s"
	[ "$status" = 0 ] || return "$status"
	judge "$name" "$promise"
}

chosen() {
	[ ${#only[@]} -eq 0 ] && return
	local name
	for name in "${only[@]}"; do
		[ "$name" != "$1" ] || return 0
	done
	return 1
}

machines() {
	sed '/^#/d; /^$/d' "$here/matrix.txt"
}

failed=()
if $run; then
	require
	cd "$root"
	! $build || build_suite
	while read -r -a row; do
		chosen "${row[0]}" || continue
		machine "${row[@]}" </dev/null || failed+=("${row[0]}")
	done < <(machines)
fi
# In one piece, where several of these run at once.
write_page >"$page.$$"
mv "$page.$$" "$page"
echo "Written to $page"
if [ ${#failed[@]} -gt 0 ]; then
	echo "Not as expected: ${failed[*]}" >&2
	exit 1
fi
