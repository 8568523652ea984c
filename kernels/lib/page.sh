# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What a machine's results must be, and the page that tells them.

# load NAME: the results of a machine into the array 'of'.
load() {
	local key value
	of=()
	while IFS='=' read -r key value; do
		of[$key]=$value
	done < <(cat "$work/results/$1".*.properties)
}

has_part() {
	[ -n "${of[$1.date]:-}" ]
}

# lost PART: how many adds and records the sums of a native part lack.
lost() {
	local name sum=0 value
	for name in adds handled records; do
		value=${of[$1.lost.$name]:-0}
		sum=$((sum + (value < 0 ? -value : value)))
	done
	echo "$sum"
}

# expect WHAT CONDITION: a condition of arithmetic that must hold.
expect() {
	if ! (( $2 )); then
		echo "  $1"
		as_expected=false
	fi
}

expect_text() {
	if [ "$2" != "$3" ]; then
		echo "  $1: '$2' instead of '$3'"
		as_expected=false
	fi
}

expect_native() {
	local part
	expect_text "arithmetic of the sections" "${of[model.exit]:-}" 0
	for part in exact.libc exact.self exact.cid; do
		if [ "$part" = exact.cid ] && [ "${of[exact.cid.exit]:-}" = 3 ] && ((${of[exact.libc.featureSize]} < 28)); then
			continue
		fi
		expect_text "$part: ended" "${of[$part.exit]:-}" 0
		expect "$part: operations" "${of[$part.operations]:-0} > 10000"
		expect "$part: moves and signals" "${of[$part.moves]:-0} > 100 && ${of[$part.handled]:-0} > 50"
		expect "$part: reads" "${of[$part.reads]:-0} > 10000"
		if [ "$promise" = kept ]; then
			expect "$part: the self-test passes" "${of[$part.selfTest.aborts]:-0} >= 8 && ${of[$part.selfTest.violations]:-1} == 0"
			expect "$part: aborts" "${of[$part.aborts]:-0} > 0"
			expect "$part: nothing is lost" "$(lost "$part") == 0 && ${of[$part.lost.totals]:-1} == 0"
			expect "$part: nothing is torn" "${of[$part.torn]:-1} == 0"
		else
			expect "$part: the self-test finds it out" "${of[$part.selfTest.violations]:-0} > 0"
			expect "$part: it really loses" "$(lost "$part") > 0"
		fi
	done
	expect "the control's self-test fails" "${of[control.selfTest.violations]:-0} > 0"
	expect "the control has no aborts" "${of[control.aborts]:-1} == 0"
	expect "the control loses" "$(lost control) > 0 && ${of[control.torn]:-0} > 0"
}

expect_memory() {
	local part sharding threads
	for sharding in cpu mm-cid; do
		for threads in 1 4 16; do
			part=memory.$sharding.$threads
			if [ "$sharding" = mm-cid ] && [ "${of[$part.exit]:-}" = 3 ] && ((${of[$part.featureSize]} < 28)); then
				continue
			fi
			expect_text "$part: ended" "${of[$part.exit]:-}" 0
			expect "$part: nothing is lost" "${of[$part.lost]:-1} == 0 && ${of[$part.operations]:-0} > 10000"
			expect_text "$part: moves that were refused" "${of[$part.unmoved]:-}" 0
			if [ "$sharding" = cpu ]; then
				expect_text "$part: rows" "${of[$part.rows]:-}" "${of[$part.cpus]:-}"
			else
				expect "$part: rows" "${of[$part.rows]:-0} > 0 && ${of[$part.rows]:-0} <= ${of[$part.cpus]:-0}"
			fi
		done
	done
}

# The fault suite's own verdicts: what passes as shipped, and fails disarmed.
expect_faults() {
	if [ "$promise" = kept ]; then
		expect_text "faults: failed" "${of[faults.failed]:-}" 0
		expect "faults: nothing is lost" "${of[faults.lost]:-1} == 0"
	else
		expect "faults: tests that find it out" "${of[faults.failed]:-0} > 0 && ${of[faults.lost]:-0} > 0"
	fi
	expect "faults: passed" "${of[faults.passed]:-0} > 10 && ${of[faults.aborts]:-0} > 100"
}

expect_disarmed() {
	expect_text "faults disarmed: passed though they must fail" "${of[disarmed.failed]:-}" 0
	expect "faults disarmed: lost" "${of[disarmed.passed]:-0} > 10 && ${of[disarmed.lost]:-0} > 0"
}

expect_status() {
	local state=ACTIVE reason=null binding=FOREIGN
	[ "${of[status.jdk]}" -ge 21 ] || binding=JNI
	[ "$promise" = kept ] || { state=FALLBACK; reason=SELF_TEST_FAILED; binding=NONE; }
	expect_text "probe: state" "${of[status.state.0]:-}" "$state"
	expect_text "probe: reason" "${of[status.reason.0]:-}" "$reason"
	expect_text "probe: binding" "${of[status.binding.0]:-}" "$binding"
	expect_text "probe: sum" "${of[status.sum.0]:-}" 5
}

expect_smoke() {
	local state=ACTIVE reason= binding=FOREIGN
	[ "${of[smoke.jdk]}" -ge 21 ] || binding=JNI
	[ "$promise" = kept ] || { state=FALLBACK; reason=SELF_TEST_FAILED; binding=NONE; }
	expect_text "state in the JVM" "${of[smoke.state]:-}" "$state"
	expect_text "reason in the JVM" "${of[smoke.reason]:-}" "$reason"
	expect_text "binding in the JVM" "${of[smoke.binding]:-}" "$binding"
	expect "orders" "${of[smoke.sent]:-0} > 0"
	expect_text "orders answered" "${of[smoke.answered]:-}" "${of[smoke.sent]:-}"
	expect_text "orders counted" "${of[smoke.accepted]:-}" "${of[smoke.sent]:-}.0"
	expect_text "amounts counted" "${of[smoke.orders]:-}" "${of[smoke.sent]:-}.0"
	expect_text "orders timed" "${of[smoke.timed]:-}" "${of[smoke.sent]:-}.0"
}

expect_stress() {
	local part operations
	for part in adders recorders delayed control; do
		expect_text "stress.$part: ended" "${of[stress.$part.exit]:-}" 0
		expect "stress.$part: disturbed" "${of[stress.$part.moves]:-0} > 100 && ${of[stress.$part.signals]:-0} > 100"
	done
	operations=${of[stress.adders.operations]:-0}
	expect "stress: adders' sums" "${of[stress.adders.longs]:-0} == $operations && ${of[stress.adders.doubles]:-0} == $operations"
	operations=${of[stress.recorders.operations]:-0}
	expect "stress: recorders' counts" "${of[stress.recorders.longs]:-0} == $operations && ${of[stress.recorders.doubles]:-0} == $operations"
	expect "stress: recorders' totals" "${of[stress.recorders.longTotal]:-0} == 3 * $operations"
	expect "stress: recorders' buckets" "${of[stress.recorders.longBuckets]:-0} == $operations"
	expect "stress: lines read whole" "${of[stress.recorders.torn]:-1} == 0 && ${of[stress.recorders.reads]:-0} > 100"
	operations=${of[stress.delayed.operations]:-0}
	expect "stress: nothing lost with long sections" \
			"${of[stress.delayed.longs]:-0} + ${of[stress.delayed.doubles]:-0} + ${of[stress.delayed.refused]:-0} == 2 * $operations"
	expect "stress: nothing torn with long sections" "${of[stress.delayed.torn]:-1} == 0"
	operations=${of[stress.control.operations]:-0}
	expect "stress: the control loses" "${of[stress.control.longs]:-0} + ${of[stress.control.doubles]:-0} < 2 * $operations"
	expect "stress: the control tears" "${of[stress.control.torn]:-0} > 0"
}

# judge NAME PROMISE: whether a machine's results are as they must be; says what is not.
judge() {
	local -A of
	local promise=$2
	local as_expected=true part
	load "$1"
	for part in native memory faults disarmed status smoke stress; do
		! has_part $part || expect_$part
	done
	echo "$1: $($as_expected && echo "as expected" || echo "NOT as expected, see $work/results/$1.log")"
	$as_expected
}

number() {
	echo "$1" | sed -E ':again; s/^(-?[0-9]+)([0-9]{3})/\1,\2/; t again'
}

native_row() {
	local part=$1 way=$2
	[ -n "${of[$part.operations]:-}" ] || return 0
	echo "| ${of[exact.libc.kernel]} | ${of[exact.libc.machine]} | ${of[exact.libc.cpus]} | $way" \
		"| ${of[$part.selfTest.aborts]} / ${of[$part.selfTest.violations]}" \
		"| $(number "${of[$part.operations]}") | $(number "${of[$part.moves]}") | $(number "${of[$part.handled]}")" \
		"| $(number "${of[$part.aborts]}") | $(number "$(lost "$part")")" \
		"| $(number "${of[$part.reads]}") | $(number "${of[$part.torn]}") |"
}

state() {
	local reason=${2/#null/}
	echo "$1${reason:+, $reason}"
}

memory_rows() {
	local threads by_cpu by_cid
	for threads in 1 4 16; do
		by_cpu=memory.cpu.$threads
		by_cid=memory.mm-cid.$threads
		[ "${of[$by_cid.exit]:-}" = 0 ] || continue
		echo "| ${of[exact.libc.kernel]:-} | ${of[exact.libc.machine]:-} | ${of[$by_cpu.cpus]} | $threads" \
			"| ${of[$by_cpu.rows]} | $(number "${of[$by_cpu.residentKiB]}")" \
			"| ${of[$by_cid.rows]} | $(number "${of[$by_cid.residentKiB]}") |"
	done
}

faults_row() {
	echo "| ${of[exact.libc.kernel]:-} | ${of[exact.libc.machine]:-} | ${of[exact.libc.cpus]:-}" \
		"| ${of[faults.passed]} | ${of[faults.failed]} | ${of[faults.skipped]} | $(number "${of[faults.operations]}")" \
		"| $(number "${of[faults.aborts]}") | $(number "${of[faults.lost]}")" \
		"| ${of[disarmed.passed]:-} | ${of[disarmed.failed]:-} | $(number "${of[disarmed.lost]:-}") |"
}

write_page() {
	local -A of
	local names=() name row
	while read -r -a row; do
		[ ! -f "$work/results/${row[0]}.native.properties" ] || names+=("${row[0]}")
	done < <(machines)
	cat "$here/page-head.md"
	echo
	echo "| kernel | architecture | CPUs | rseq feature size | mm_cid | self-test | lost | the control's lost | JDK | JVM: state | binding | sample's state | binding | orders sent | counted | date |"
	echo "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
	for name in "${names[@]}"; do
		load "$name"
		local size=${of[exact.libc.featureSize]:-} selftest="passes" cid=no counted=${of[smoke.accepted]:-}
		counted=${counted%.0}
		if [ "${of[exact.libc.selfTest.violations]:-0}" != 0 ]; then
			selftest="**fails**"
		fi
		[ "${of[exact.cid.exit]:-}" != 0 ] || cid=yes
		echo "| ${of[exact.libc.kernel]:-} | ${of[exact.libc.machine]:-} | ${of[exact.libc.cpus]:-} | ${size/#0/none} | $cid" \
			"| $selftest | $(number "$(($(lost exact.libc) + $(lost exact.self) + $(lost exact.cid)))") | $(number "$(lost control)")" \
			"| ${of[status.jdk]:-${of[smoke.jdk]:-}} | $(state "${of[status.state.0]:-}" "${of[status.reason.0]:-}") | ${of[status.binding.0]:-} | $(state "${of[smoke.state]:-}" "${of[smoke.reason]:-}") | ${of[smoke.binding]:-}" \
			"| $(number "${of[smoke.sent]:-}") | $(number "$counted") | ${of[native.date]:-} |"
	done
	cat "$here/page-native.md"
	echo
	echo "| kernel | architecture | CPUs | sections | self-test: aborts / violations | operations | moves | signals handled | aborts | lost | lines read | torn |"
	echo "|---|---|---|---|---|---|---|---|---|---|---|---|"
	for name in "${names[@]}"; do
		load "$name"
		native_row exact.libc "libc's"
		native_row exact.self "registered by ourselves"
		native_row exact.cid "by mm_cid"
		native_row control "*disarmed*"
	done
	cat "$here/page-memory.md"
	echo
	echo "| kernel | architecture | CPUs | threads | by CPU: rows | KiB | by concurrency id: rows | KiB |"
	echo "|---|---|---|---|---|---|---|---|"
	for name in "${names[@]}"; do
		load "$name"
		! has_part memory || memory_rows
	done
	cat "$here/page-faults.md"
	echo
	echo "| kernel | architecture | CPUs | tests passed | failed | skipped | operations | aborts | lost | disarmed: tests that failed | passed | lost |"
	echo "|---|---|---|---|---|---|---|---|---|---|---|---|"
	for name in "${names[@]}"; do
		load "$name"
		! has_part faults || faults_row
	done
	cat "$here/page-stress.md"
	echo
	echo "| kernel | architecture | program | operations | moves | signals | aborts | missing | lines read | torn |"
	echo "|---|---|---|---|---|---|---|---|---|---|"
	for name in "${names[@]}"; do
		load "$name"
		! has_part stress || stress_rows
	done
}

# missing NAME...: what the sums of that many kinds lack of the operations.
stress_rows() {
	local part title operations missing
	for part in adders recorders delayed control; do
		operations=${of[stress.$part.operations]:-0}
		missing=$((2 * operations - ${of[stress.$part.longs]:-0} - ${of[stress.$part.doubles]:-0} - ${of[stress.$part.refused]:-0}))
		case $part in
			adders) title="adders, the switch flipped" ;;
			recorders) title="recorders, the switch flipped" ;;
			delayed) title="lines, long sections" ;;
			control) title="*lines, long sections, disarmed*" ;;
		esac
		echo "| ${of[exact.libc.kernel]:-} | ${of[exact.libc.machine]:-} | $title | $(number "$operations")" \
			"| $(number "${of[stress.$part.moves]:-}") | $(number "${of[stress.$part.signals]:-}") | $(number "${of[stress.$part.aborts]:-}")" \
			"| $(number "$missing") | $(number "${of[stress.$part.reads]:-}") | $(number "${of[stress.$part.torn]:-}") |"
	done
}
