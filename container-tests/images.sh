#!/usr/bin/env bash
# Puts the images of images.tsv on this machine's Docker engine, those that are missing or out of date.
#
#   images.sh [MIRROR]   those of Debian's suites, from packages: as root, with mmdebstrap; pulls nothing
#   images.sh --pull     all of them, from public images
#
# MIRROR is by default the one apt has here, otherwise Debian's.
set -euo pipefail
cd "$(dirname "$0")"

rows() {
	grep -v '^#' images.tsv
}

suites() {
	rows | cut -f 5 | sed -n 's/^debian://p' | sort -u
}

jdks() {
	rows | awk -F '\t' -v source="debian:$1" '$5 == source { print "openjdk-" $3 "-jre-headless" }'
}

configured_mirror() {
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | sed 1q
}

# Packages are extracted and not configured: a JVM needs files only, and it takes a third of the time. The users'
# file is what a JVM reads root's home directory from.
from_packages() {
	local suite=$1 label=$2 image
	if ! image=$(mmdebstrap --variant=extract --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
			--aptopt="$work/apt.conf" --include="$(jdks "$suite" | paste -s -d ,)" \
			--extract-hook='mkdir -p "$1/root" "$1/tmp" && chmod 1777 "$1/tmp"' \
			--extract-hook='echo root:x:0:0:root:/root:/bin/sh >"$1/etc/passwd"' \
			"$suite" - "$mirror" 2>"$work/log" | docker import --change "LABEL recipe=$label" - 2>>"$work/log"); then
		tail -n 20 "$work/log" >&2
		[[ -z $image ]] || docker rmi "$image" >/dev/null
		return 1
	fi
	docker tag "$image" "rseq-test/$suite"
}

# Slim images lack a directory that a JDK's package wants.
from_public_image() {
	local suite=$1 label=$2
	docker build --quiet --pull --network host --label "recipe=$label" --tag "rseq-test/$suite" - <<-EOF
		FROM debian:$suite-slim
		RUN mkdir -p /usr/share/man/man1 && apt-get update \\
			&& apt-get install -y --no-install-recommends $(jdks "$suite" | paste -s -d ' ') \\
			&& rm -rf /var/lib/apt/lists/*
	EOF
}

make=from_packages
mirror=
if [[ ${1:-} == --pull ]]; then
	make=from_public_image
else
	command -v mmdebstrap >/dev/null || { echo "There is no mmdebstrap here: install it, or try --pull" >&2; exit 1; }
	mirror=${1:-$(configured_mirror || true)}
	mirror=${mirror:-http://deb.debian.org/debian}
fi
docker version >/dev/null || exit

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# How apt here was told to fetch, through a proxy for instance, holds for these packages too. Elsewhere than on
# Debian there may be no apt, and nothing to take over.
apt-config dump Acquire >"$work/apt.conf" 2>/dev/null || true

failed=0
for suite in $(suites); do
	start=$SECONDS
	recipe=$({ cat images.sh; echo "$make"; jdks "$suite"; } | sha256sum | cut -c 1-16)
	if [[ $(docker image inspect --format '{{.Config.Labels.recipe}}' "rseq-test/$suite" 2>/dev/null) == "$recipe" ]]; then
		echo "rseq-test/$suite is there"
	elif "$make" "$suite" "$recipe" >/dev/null; then
		echo "rseq-test/$suite: $((SECONDS - start)) s"
	else
		echo "rseq-test/$suite could not be made"
		failed=1
	fi
done
if [[ $make == from_public_image ]]; then
	for image in $(rows | cut -f 5 | grep -v '^debian:' | sort -u); do
		docker pull --quiet "$image" || failed=1
	done
fi
exit $failed
