#!/usr/bin/env bash
#
# Runs every kind of meter under every fault, each in JVMs of their own, and prints a table in
# Markdown: what happened how often, records made, records lost, and what was lost with
# sections that the kernel does not abort. Written to rseq-spring-boot-starter/target/faults.md.
#
#   rseq-spring-boot-starter/faults.sh           as 'mvnw verify' runs it, a minute
#   rseq-spring-boot-starter/faults.sh --long    10 seconds for each of the three kinds of sections
#   --only NAME,NAME                             those of Fault.java
#   --hotplug                                    a CPU is put offline and online as well: for root,
#                                                and on a machine where nobody else minds
#
# The JDK is that of $JAVA_HOME.
set -euo pipefail

options=()
while [ $# -gt 0 ]; do
	case $1 in
		--long) options+=(-Dfaults.millis=10000) ;;
		--only) options+=("-Dfaults.only=$2"); shift ;;
		--hotplug) options+=(-Dfaults.hotplug=true) ;;
		*) echo "Unknown option $1" >&2; exit 2 ;;
	esac
	shift
done

cd "$(dirname "$0")/.."
status=0
./mvnw -q -pl rseq-spring-boot-starter -am test -Dtest=FaultTests -Dsurefire.failIfNoSpecifiedTests=false "${options[@]}" ||
	status=$?
cat rseq-spring-boot-starter/target/faults.md
exit $status
