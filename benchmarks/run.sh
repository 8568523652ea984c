#!/usr/bin/env bash
#
# Measures everything and writes docs/benchmarks: results.md and counters.svg on counters,
# timers.md and timers.svg on timers and summaries.
#
#   benchmarks/run.sh            the real thing, some 12 minutes on two CPUs for each of the
#                                two parts; leave the machine alone meanwhile
#   benchmarks/run.sh --quick    one short round: shows that it runs, its figures mean little
#
#   --only counters|timers       one part
#   --output DIRECTORY           where to write instead of docs/benchmarks
#   --rounds N                   rounds of the main scenario, 3 unless told; others have fewer
#
# Needs a JDK 25 to run anything; a JDK 17 adds its part. They are looked for in $JAVA_HOME and /usr/lib/jvm.
set -euo pipefail

command="benchmarks/run.sh${*:+ $*}"
root=$(cd "$(dirname "$0")/.." && pwd)
output=$root/docs/benchmarks
parts="counters timers"
rounds=3
time=(-wi 3 -w 80ms -i 8 -r 40ms)
scrape=(-wi 3 -w 1s -i 3 -r 1s)
# More threads than CPUs keep the compiler from its work, too.
crowd=(-wi 4 -w 400ms -i 8 -r 80ms)
# A longer warm-up: what is not compiled yet allocates what it no longer does later.
allocation=(-wi 4 -w 150ms -i 4 -r 80ms -prof gc)
threads_more="1 2"
while [ $# -gt 0 ]; do
	case $1 in
		--quick)
			rounds=1 threads_more=2
			time=(-wi 2 -w 80ms -i 3 -r 40ms)
			crowd=("${time[@]}")
			scrape=(-wi 1 -w 1s -i 2 -r 500ms)
			;;
		--only) parts=$2; shift ;;
		--output) output=$2; shift ;;
		--rounds) rounds=$2; shift ;;
		*) echo "Unknown option $1" >&2; exit 2 ;;
	esac
	shift
done
case $parts in
	counters | timers | "counters timers") ;;
	*) echo "--only takes counters or timers, not $parts" >&2; exit 2 ;;
esac

# The first Java of a feature version, asked rather than guessed from its path.
find_java() {
	local java version
	for java in "${JAVA_HOME:+$JAVA_HOME/bin/java}" /usr/lib/jvm/*/bin/java; do
		[ -x "$java" ] || continue
		version=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.specification.version = //p')
		if [ "$version" = "$1" ]; then
			echo "$java"
			return
		fi
	done
}

java25=$(find_java 25)
java17=$(find_java 17)
if [ -z "$java25" ]; then
	echo "There is no JDK 25 in \$JAVA_HOME or /usr/lib/jvm" >&2
	exit 1
fi
[ -n "$java17" ] || echo "There is no JDK 17 in \$JAVA_HOME or /usr/lib/jvm: its part is left out" >&2

cd "$root"
./mvnw -q -pl benchmarks -am -DskipTests package
class_path=$root/benchmarks/target/classes:$(cat benchmarks/target/classpath.txt)
native=--enable-native-access=ALL-UNNAMED
# Named, so that a run where it can't be had fails, rather than measuring what is chosen instead.
foreign="$native -Drseq.benchmark.binding=FOREIGN"
package=io.github.rseq.benchmarks

# measure SCENARIO THREADS ROUND JAVA BENCHMARKS [JVM argument]... [-- JMH option instead of those for the time...]
measure() {
	local scenario=$1 threads=$2 round=$3 java=$4 benchmarks=$5
	shift 5
	local jvm=() jmh=("${time[@]}")
	while [ $# -gt 0 ] && [ "$1" != -- ]; do jvm+=("$1"); shift; done
	[ $# -eq 0 ] || { shift; jmh=("$@"); }
	[ -n "$java" ] || return 0
	mkdir -p "$results/$scenario/$threads"
	echo "$(date +%T) $part, round $round, $scenario, threads: $threads"
	local file=$results/$scenario/$threads/$round
	# A benchmark that fails fails the run: a table with a hole would look like a choice.
	if ! "$java" -Djmh.ignoreLock=true -cp "$class_path" org.openjdk.jmh.Main "${jmh[@]}" -f 1 -foe true -t "$threads" \
			-rf json -rff "$file.json" -jvmArgs "-Xms256m -Xmx1g ${jvm[*]}" "\\.$benchmarks" >"$file.log" 2>&1; then
		tail -40 "$file.log" >&2
		exit 1
	fi
}

counters() {
	local main='(IncrementBenchmark|AddHalfBenchmark)'
	local adders='(longAdder|doubleAdder|perCpu.*Adder|threadLocalCell)'
	local meters='(stock.*|our.*|off.*)'
	local short='\.(longAdder|doubleAdder|perCpuLongAdder|perCpuDoubleAdder|stockPrometheus|ourPrometheus)$'
	local ours='\.(perCpuLongAdder|perCpuDoubleAdder|ourPrometheus)$'
	local round threads binding compiler flag
	for ((round = 1; round <= rounds; round++)); do
		for threads in 1 2; do
			measure jdk25 "$threads" "$round" "$java25" "$main" $foreign
		done
		# The other scenarios in every other round.
		((round % 2 == 1)) || continue
		measure jdk25 8 "$round" "$java25" "$main" $foreign -- "${crowd[@]}"
		for threads in $threads_more; do
			measure jdk25-virtual "$threads" "$round" "$java25" "$main\\.($adders|stockPrometheus|ourPrometheus|atomicLong)\$" \
				$foreign -Djmh.executor=VIRTUAL "-Djdk.virtualThreadScheduler.parallelism=$threads"
			measure jdk17 "$threads" "$round" "$java17" "$main\\.($adders|$meters)\$"
		done
		measure scrape 1 "$round" "$java25" ScrapeBenchmark $foreign -- "${scrape[@]}"
		# Once, what no goal depends on.
		((round == 1)) || continue
		for threads in $threads_more; do
			# Long: until C2 has compiled it, for seconds, JDK 17's linker takes microseconds for a call.
			measure jdk17-foreign "$threads" "$round" "$java17" "$main$short" --add-modules=jdk.incubator.foreign $foreign \
				-- -wi 4 -w 1s -i 8 -r 50ms
			measure jdk17-jni "$threads" "$round" "$java17" "$main$ours" -Drseq.benchmark.binding=JNI
			for binding in jni jna; do
				measure "jdk25-$binding" "$threads" "$round" "$java25" "$main$ours" $native "-Drseq.benchmark.binding=${binding^^}"
			done
		done
		for compiler in c1 int; do
			flag=$([ $compiler = c1 ] && echo -XX:TieredStopAtLevel=1 || echo -Xint)
			measure "jdk25-$compiler" 1 "$round" "$java25" "IncrementBenchmark$short" $foreign "$flag"
			measure "jdk25-$compiler-jni" 1 "$round" "$java25" \
				'IncrementBenchmark\.(perCpuLongAdder|ourPrometheus)$' $native "$flag" -Drseq.benchmark.binding=JNI
		done
	done
	measure allocation 1 1 "$java25" "$main\\.(empty|perCpu.*|our.*|off.*|stock.*|openTelemetry)\$" $foreign \
		-- "${allocation[@]}"
	echo memory
	"$java25" $native -XX:+UseSerialGC -cp "$class_path" $package.MemoryMeasurement "$results"
}

timers() {
	local given='(Timer|Summary|SloBuckets|Histogram|Percentiles|Both)Benchmark'
	local clock='(Runnable|Sample|TimedMethod)Benchmark'
	local meters='\.(perCpuRecorder|stockPrometheus|ourPrometheus|offPrometheus)$'
	local round threads kind whose
	for ((round = 1; round <= rounds; round++)); do
		for threads in 1 2; do
			measure jdk25 "$threads" "$round" "$java25" "($given|$clock)" $foreign
		done
		# The other scenarios in every other round.
		((round % 2 == 1)) || continue
		for threads in $threads_more; do
			measure jdk17 "$threads" "$round" "$java17" "$given$meters"
		done
		measure scrape 1 "$round" "$java25" MixedScrapeBenchmark $foreign -- "${scrape[@]}" -prof gc
		# Once: on two CPUs, eight threads contend as two do.
		((round == 1)) || continue
		measure jdk25 8 "$round" "$java25" "$given" $foreign -- "${crowd[@]}"
	done
	measure allocation 1 1 "$java25" "($given|$clock)" $foreign -- "${allocation[@]}"
	echo memory
	for kind in COUNTER TIMER SUMMARY SLO_BUCKETS HISTOGRAM PERCENTILES HISTOGRAM_AND_PERCENTILES; do
		for whose in stock ours; do
			"$java25" $native -Xmx6g -XX:+UseSerialGC -cp "$class_path" $package.MeterMemoryMeasurement "$results" $kind $whose
		done
	done
}

for part in $parts; do
	results=$root/benchmarks/target/results/$part
	rm -rf "$results"
	mkdir -p "$results"
	"$java25" $native -cp "$class_path" $package.Machine "$results" "$command"
	"$part"
	"$java25" -cp "$class_path" $package.Report "$part" "$results" "$output"
done
echo "Written to $output"
