# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the machines run: the native programs for each architecture, the sample application, and
# the stress programs of rseq-native's tests.

# native_program ARCH TARGET FLAGS...: one program with the sections in it.
native_program() {
	local arch=$1 target=$2 compiler=gcc machine=x86_64
	shift 2
	[ "$arch" != arm64 ] || { compiler=aarch64-linux-gnu-gcc; machine=aarch64; }
	local flags=(-fcf-protection=none)
	[ "$arch" != arm64 ] || flags=(-mno-outline-atomics -mbranch-protection=none)
	local native=$root/rseq-native/src/main/native
	# -u: the sections' own references to these are weak, and pull nothing out of an archive.
	"$compiler" -std=gnu11 -O2 -Wall -Wextra -Werror "${flags[@]}" -static -pthread -I"$native" -o "$target" "$@" \
		-Wl,-u,pthread_key_create,-u,pthread_getspecific,-u,pthread_setspecific \
		"$native/$machine/sections.S" "$native/fallback.c" "$native/registration.c"
}

# jar_of MODULE: its jar, not the one of its tests.
jar_of() {
	ls "$root/$1/target/$1"-*.jar | grep -v -- '-tests\.jar$'
}

build_suite() {
	local arch machine compiler jar native=$root/rseq-native/src/main/native
	"$root/mvnw" -q -pl sample-app -am -DskipTests package
	jar=$(jar_of sample-app)
	for arch in amd64 arm64; do
		local suite=$work/suite-$arch/suite
		machine=x86_64
		compiler=gcc
		[ "$arch" != arm64 ] || { machine=aarch64; compiler=aarch64-linux-gnu-gcc; }
		rm -rf "$work/suite-$arch"
		mkdir -p "$suite"
		native_program "$arch" "$suite/model" "$root/rseq-native/src/test/native/sections_model.c" "$native/control.c"
		# A long window between reading the CPU and the commit, so that what can be lost, is.
		native_program "$arch" "$suite/exact" -DPERCPU_DELAY=200 "$here/exact.c" "$native/control.c" "$native/selftest.c"
		native_program "$arch" "$suite/exact-disarmed" -DPERCPU_DELAY=200 -DPERCPU_DISARM "$here/exact.c" \
				"$native/control.c" "$native/selftest.c"
		native_program "$arch" "$suite/memory" "$here/memory.c" "$native/control.c"
		sh "$root/rseq-native/src/test/native/faults/build.sh" "$compiler" "$machine" "$suite"
		cp "$root"/rseq-native/target/native-test/linux-"$machine"/*.so "$suite"
		# In the layout that Boot recommends where the start counts: with its libraries beside it.
		"${JAVA_HOME:+$JAVA_HOME/bin/}java" -Djarmode=tools -jar "$jar" extract --destination "$suite/sample-app"
		mv "$suite/sample-app/$(basename "$jar")" "$suite/sample-app/sample-app.jar"
		cp "$(jar_of rseq-native)" "$suite/rseq-native.jar"
		cp -r "$root/rseq-native/target/test-classes" "$suite/rseq-tests"
		cp "$suite"/sample-app/lib/jna-[0-9]*.jar "$suite/jna.jar"
	done
}

# initramfs ARCH USERLAND JDK TARGET: everything in memory, so that no kernel needs a module.
initramfs() {
	local arch=$1 suite=$2 jdk=$3 target=$4 directory
	directory=$(userland "$suite" "$arch" "$jdk")
	install -m 755 "$here/init" "$work/suite-$arch/init"
	{
		(cd "$directory" && find . -print0 | cpio --null --quiet --owner=0:0 -o -H newc)
		(cd "$work/suite-$arch" && find . -mindepth 1 -print0 | cpio --null --quiet --owner=0:0 -o -H newc)
	} >"$target"
}
