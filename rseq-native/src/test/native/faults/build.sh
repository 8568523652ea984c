#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds the fault suite statically, so that one file runs on any kernel of its architecture:
# in an initramfs, in another libc's container, in a virtual machine.
#
# usage: build.sh COMPILER ARCHITECTURE DIRECTORY
#
# DIRECTORY/faults             the sections as they are shipped
# DIRECTORY/faults-injected    with an injection point before every instruction of the sections
# DIRECTORY/faults-disarmed    the same, but the kernel never aborts: the negative control
set -eu

tests=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$tests/../../../main/native" && pwd)
compiler=$1
arch=$2
directory=$3
sections=$source/$arch/sections.S

case $arch in
	x86_64) machine="-fcf-protection=none" ;;
	aarch64) machine="-mno-outline-atomics -mbranch-protection=none" ;;
	*) echo "build.sh: no critical sections for '$arch'" >&2; exit 1 ;;
esac

# build NAME SECTIONS FLAGS...
build() {
	name=$1; file=$2
	shift 2
	# registration.c refers to these weakly, which does not bring them in from an archive.
	# shellcheck disable=SC2086
	"$compiler" -std=c11 -O2 -Wall -Wextra -Werror -fvisibility=hidden $machine "$@" -I"$source" -I"$tests" \
		-static -pthread -Wl,-z,noexecstack -Wl,-u,getauxval \
		-Wl,-u,pthread_key_create -Wl,-u,pthread_getspecific -Wl,-u,pthread_setspecific \
		-o "$directory/$name" "$file" "$source/fallback.c" "$source/registration.c" "$source/control.c" \
		"$source/selftest.c" "$tests"/*.c
}

mkdir -p "$directory"
awk -f "$source/inject.awk" "$sections" > "$directory/sections-injected.S"
build faults "$sections"
build faults-injected "$directory/sections-injected.S" -DPERCPU_INJECT
build faults-disarmed "$directory/sections-injected.S" -DPERCPU_INJECT -DPERCPU_DISARM
rm "$directory/sections-injected.S"
