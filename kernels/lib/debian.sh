# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Kernels and user lands from Debian's archive, by apt with a state of its own for each suite
# and architecture: the sources, the keys and the packages of this machine stay as they are.

# The archive that this machine's apt uses, so that a mirror or a cache is respected.
archive() {
	local label=$1 default=$2 found
	found=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null \
			| sed -n "s/^$label \\(http[^ ]*\\)\$/\\1/p" | head -n 1)
	echo "${found:-$default}"
}

# suite_apt SUITE ARCH: makes the state, if it is not of today, and prints the options that choose it.
suite_apt() {
	local suite=$1 arch=$2 state=$work/apt/$1-$2 uri
	case $suite in
		*-security) uri=$(archive Debian-Security http://deb.debian.org/debian-security/) ;;
		*) uri=$(archive Debian http://deb.debian.org/debian/) ;;
	esac
	mkdir -p "$state"/{lists/partial,cache/archives/partial,empty}
	: >"$state/status"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main" >"$state/sources.list"
	options=(-o "Dir::State=$state" -o "Dir::State::Lists=$state/lists" -o "Dir::State::Status=$state/status"
			-o "Dir::State::extended_states=$state/extended_states" -o "Dir::Cache=$state/cache"
			-o "Dir::Etc::SourceList=$state/sources.list" -o "Dir::Etc::SourceParts=$state/empty"
			-o "Dir::Etc::PreferencesParts=$state/empty" -o "Dir::Etc::Preferences=/dev/null"
			-o "APT::Architecture=$arch" -o "APT::Architectures::=$arch" -o APT::Sandbox::User=root
			-o Acquire::Languages=none -o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false)
	if [ -z "$(find "$state/updated" -mmin -600 2>/dev/null)" ]; then
		apt-get "${options[@]}" -qq update >&2
		touch "$state/updated"
	fi
}

# kernel_image SUITE ARCH RELEASE: the file of the kernel of that release, or of the suite's latest.
kernel_image() {
	local suite=$1 arch=$2 release=$3 package target deb
	local options=()
	suite_apt "$suite" "$arch"
	if [ "$release" = latest ]; then
		package=$(apt-cache "${options[@]}" depends "linux-image-cloud-$arch" \
				| sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1)
	else
		package=linux-image-$release-cloud-$arch
	fi
	target=$work/kernels/${package#linux-image-}
	if [ ! -s "$target" ]; then
		# Where the image is split, its package is only a name for the others.
		if apt-cache "${options[@]}" show "linux-binary-${package#linux-image-}" >/dev/null 2>&1; then
			package=linux-binary-${package#linux-image-}
		fi
		mkdir -p "$work/kernels/debs"
		rm -f "$work/kernels/debs/${package}"_*
		(cd "$work/kernels/debs" && apt-get "${options[@]}" -qq download "$package" >&2)
		deb=$(ls "$work/kernels/debs/${package}"_*.deb)
		dpkg-deb --fsys-tarfile "$deb" | tar -xO --wildcards '*/vmlinuz*' >"$target.part"
		plain_image "$target.part" "$target"
		rm -f "$target.part" "$deb"
	fi
	echo "$target"
}

# plain_image FILE TARGET: unpacks an image that only UEFI could unpack ("zimg" in its header).
plain_image() {
	if [ "$(head -c 8 "$1" | tail -c 4 | tr -d '\0')" != zimg ]; then
		cp "$1" "$2"
		return
	fi
	local offset length type
	offset=$(od -An -tu4 -j8 -N4 "$1" | tr -d ' ')
	length=$(od -An -tu4 -j12 -N4 "$1" | tr -d ' ')
	type=$(tail -c +25 "$1" | head -c 8 | tr -d '\0')
	case $type in
		gzip) tail -c "+$((offset + 1))" "$1" | head -c "$length" | gzip -dc ;;
		zstd*) tail -c "+$((offset + 1))" "$1" | head -c "$length" | zstd -dc ;;
		xz*) tail -c "+$((offset + 1))" "$1" | head -c "$length" | xz -dc ;;
		*) echo "$1 is packed with '$type'" >&2; return 1 ;;
	esac >"$2"
}

# userland SUITE ARCH JDK: a directory with a libc, busybox and a JDK of that suite.
userland() {
	local suite=$1 arch=$2 jdk=$3 target=$work/userlands/$1-$2-$3 deb
	local options=()
	if [ ! -d "$target" ]; then
		suite_apt "$suite" "$arch"
		apt-get "${options[@]}" -qq -y --no-install-recommends --download-only install \
				busybox-static "openjdk-$jdk-jre-headless" >&2
		rm -rf "$target.part"
		mkdir -p "$target.part"/usr/{bin,sbin,lib,lib64}
		for directory in bin sbin lib lib64; do
			ln -s "usr/$directory" "$target.part/$directory"
		done
		for deb in "$work/apt/$suite-$arch"/cache/archives/*.deb; do
			dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink --no-same-owner -C "$target.part"
		done
		rm -rf "$target.part"/usr/share/{doc,man,locale,info,perl,perl5,icons,fonts,i18n,zoneinfo} \
				"$target.part"/usr/lib/*-linux-gnu*/{perl,perl-base,gconv}
		rm -f "$work/apt/$suite-$arch"/cache/archives/*.deb
		mv "$target.part" "$target"
	fi
	echo "$target"
}
