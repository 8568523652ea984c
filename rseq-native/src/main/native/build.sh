#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds the native library for this machine with the plain C compiler ($CC, or cc), and for
# the other architecture where its cross compiler is found. Without a compiler it says so and
# succeeds, so that the Java build passes everywhere.
#
# usage: build.sh CLASSES_DIRECTORY TEST_DIRECTORY
#
# CLASSES_DIRECTORY/io/github/rseq/native/linux-ARCH/libpercpu_rseq.so    goes into the jar
# TEST_DIRECTORY/linux-ARCH/libpercpu_rseq-{disarmed,delayed,delayed-disarmed,injected}.so   never does
# TEST_DIRECTORY/built.txt    a line linux-ARCH for each library that was built
set -eu

source=$(cd "$(dirname "$0")" && pwd)
classes=$1
tests=$2

mkdir -p "$classes/io/github/rseq/native" "$tests"
: > "$tests/built.txt"

# compile COMPILER ARCH OUTPUT FLAGS...
compile() {
	compiler=$1; arch=$2; output=$3
	shift 3
	case $arch in
		x86_64) machine="-fcf-protection=none" ;;
		aarch64) machine="-mno-outline-atomics -mbranch-protection=none" ;;
	esac
	mkdir -p "$(dirname "$output")"
	sections=$source/$arch/sections.S
	case " $* " in
		*" -DPERCPU_INJECT "*)
			sections=$(dirname "$output")/sections-injected.S
			awk -f "$source/inject.awk" "$source/$arch/sections.S" > "$sections" ;;
	esac
	# -nostdlib: no libc is needed, so that one file serves glibc and musl.
	# nodelete: a thread may keep pointing at a descriptor after the last section it ran.
	# shellcheck disable=SC2086
	"$compiler" -std=c11 -O2 -Wall -Wextra -Werror -fPIC -ffreestanding -fno-plt -fno-stack-protector -fvisibility=hidden \
		-ffile-prefix-map="$source"=. $machine "$@" \
		-shared -nostdlib -Wl,-soname,libpercpu_rseq.so -Wl,-z,nodelete -Wl,-z,relro -Wl,-z,now \
		-Wl,-z,noexecstack -Wl,-z,text -Wl,-Bsymbolic -Wl,--build-id=none -Wl,--hash-style=both \
		-I"$source" -o "$output" \
		"$sections" "$source/fallback.c" "$source/registration.c" "$source/control.c" "$source/selftest.c" \
		"$source/jni.c" "$source/process.c"
}

build() {
	compiler=$1; arch=$2
	compile "$compiler" "$arch" "$classes/io/github/rseq/native/linux-$arch/libpercpu_rseq.so" -s
	compile "$compiler" "$arch" "$tests/linux-$arch/libpercpu_rseq-disarmed.so" -DPERCPU_DISARM
	compile "$compiler" "$arch" "$tests/linux-$arch/libpercpu_rseq-delayed.so" -DPERCPU_DELAY=200
	compile "$compiler" "$arch" "$tests/linux-$arch/libpercpu_rseq-delayed-disarmed.so" -DPERCPU_DELAY=200 -DPERCPU_DISARM
	compile "$compiler" "$arch" "$tests/linux-$arch/libpercpu_rseq-injected.so" -DPERCPU_INJECT
	echo "linux-$arch" >> "$tests/built.txt"
	echo "[native] linux-$arch: built with $compiler"
}

host=$(uname -m)
for arch in x86_64 aarch64; do
	if [ "$arch" = "$host" ]; then
		compiler=${CC:-cc}
	else
		compiler=$arch-linux-gnu-gcc
	fi
	if command -v "$compiler" > /dev/null 2>&1; then
		build "$compiler" "$arch"
	else
		echo "[native] linux-$arch: SKIPPED, there is no compiler '$compiler'"
	fi
done
