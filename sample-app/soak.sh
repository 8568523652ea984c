#!/usr/bin/env bash
#
# Runs the packaged sample application under HTTP load, while its threads are moved between
# CPUs, it is stopped and continued, dumped, collected and switched off and on, and meters
# are made and dropped in it. Fails where a count is not exact or something grows. Prints
# what it saw as Markdown, and writes it to sample-app/target/soak.md.
#
#   sample-app/soak.sh [--minutes N]    30 unless told; below 10 nothing is said about growth
#
# The JDK is that of $JAVA_HOME.
set -euo pipefail

minutes=30
while [ $# -gt 0 ]; do
	case $1 in
		--minutes) minutes=$2; shift ;;
		*) echo "Unknown option $1" >&2; exit 2 ;;
	esac
	shift
done

cd "$(dirname "$0")/.."
exec ./mvnw -q -pl sample-app -am verify -Dsoak.minutes="$minutes" -Dit.test=SoakIT \
	-Dtest=none -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false
