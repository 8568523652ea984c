#!/usr/bin/env bash
#
# Measures everything and writes docs/benchmarks/results.md and counters.svg.
#
#   benchmarks/run.sh            the real thing, some 25 minutes on two CPUs; leave the machine alone meanwhile
#   benchmarks/run.sh --quick    one short round, some 3 minutes: shows that it runs, its figures mean little
#
#   --output DIRECTORY           where to write instead of docs/benchmarks
#   --rounds N                   rounds of the main scenario; the others run half as many, at least one
#
# Needs a JDK 25 to run anything; a JDK 17 adds its part. They are looked for in $JAVA_HOME and /usr/lib/jvm.
set -euo pipefail

command="benchmarks/run.sh${*:+ $*}"
root=$(cd "$(dirname "$0")/.." && pwd)
output=$root/docs/benchmarks
rounds=5
time=(-wi 3 -w 100ms -i 8 -r 50ms)
threads_all="1 2 8"
threads_more="1 2 8"
while [ $# -gt 0 ]; do
	case $1 in
		--quick) rounds=1; time=(-wi 2 -w 80ms -i 3 -r 40ms); threads_more="2" ;;
		--output) output=$2; shift ;;
		--rounds) rounds=$2; shift ;;
		*) echo "Unknown option $1" >&2; exit 2 ;;
	esac
	shift
done

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
results=$root/benchmarks/target/results
rm -rf "$results"
mkdir -p "$results"
native=--enable-native-access=ALL-UNNAMED
# Named, so that a run where it can't be had fails, rather than measuring what is chosen instead.
foreign="$native -Drseq.benchmark.binding=FOREIGN"
package=io.github.rseq.benchmarks

"$java25" $native -cp "$class_path" $package.Machine "$results" "$command"

# measure SCENARIO THREADS ROUND JAVA BENCHMARKS [JVM argument]... [-- JMH option instead of those for the time...]
measure() {
	local scenario=$1 threads=$2 round=$3 java=$4 benchmarks=$5
	shift 5
	local jvm=() jmh=("${time[@]}")
	while [ $# -gt 0 ] && [ "$1" != -- ]; do jvm+=("$1"); shift; done
	[ $# -eq 0 ] || { shift; jmh=("$@"); }
	[ -n "$java" ] || return 0
	mkdir -p "$results/$scenario/$threads"
	echo "round $round, $scenario, threads: $threads"
	local file=$results/$scenario/$threads/$round
	# A benchmark that fails fails the run: a table with a hole would look like a choice.
	if ! "$java" -Djmh.ignoreLock=true -cp "$class_path" org.openjdk.jmh.Main "${jmh[@]}" -f 1 -foe true -t "$threads" \
			-rf json -rff "$file.json" -jvmArgs "-Xms256m -Xmx1g ${jvm[*]}" "$benchmarks" >"$file.log" 2>&1; then
		tail -40 "$file.log" >&2
		exit 1
	fi
}

main='(IncrementBenchmark|AddHalfBenchmark)'
adders='(longAdder|doubleAdder|perCpu.*Adder|threadLocalCell)'
counters='(stock.*|our.*|off.*)'
short="\\.(longAdder|doubleAdder|perCpuLongAdder|perCpuDoubleAdder|stockPrometheus|ourPrometheus)\$"

for ((round = 1; round <= rounds; round++)); do
	for threads in $threads_all; do
		measure jdk25 "$threads" "$round" "$java25" "$main" $foreign
	done
	# The other scenarios in every other round.
	((round % 2 == 1)) || continue
	for threads in $threads_more; do
		measure jdk25-virtual "$threads" "$round" "$java25" "$main\\.($adders|stockPrometheus|ourPrometheus|atomicLong)\$" \
			$foreign -Djmh.executor=VIRTUAL "-Djdk.virtualThreadScheduler.parallelism=$threads"
		measure jdk17 "$threads" "$round" "$java17" "$main\\.($adders|$counters)\$"
		# Seldom and long: until C2 has compiled it, for seconds, JDK 17's linker takes microseconds for a call.
		if ((round % 4 == 1)); then
			measure jdk17-foreign "$threads" "$round" "$java17" "$main$short" --add-modules=jdk.incubator.foreign $foreign \
				-- -wi 4 -w 1s -i 8 -r 50ms
		fi
		measure jdk17-jni "$threads" "$round" "$java17" "$main\\.(perCpuLongAdder|perCpuDoubleAdder|ourPrometheus)\$" \
			-Drseq.benchmark.binding=JNI
		for binding in jni jna; do
			measure "jdk25-$binding" "$threads" "$round" "$java25" \
				"$main\\.(perCpuLongAdder|perCpuDoubleAdder|ourPrometheus)\$" $native "-Drseq.benchmark.binding=${binding^^}"
		done
	done
	for compiler in c1 int; do
		flag=$([ $compiler = c1 ] && echo -XX:TieredStopAtLevel=1 || echo -Xint)
		measure "jdk25-$compiler" 1 "$round" "$java25" "IncrementBenchmark$short" $foreign "$flag"
		measure "jdk25-$compiler-jni" 1 "$round" "$java25" \
			'IncrementBenchmark\.(perCpuLongAdder|ourPrometheus)$' $native "$flag" -Drseq.benchmark.binding=JNI
	done
	measure scrape 1 "$round" "$java25" ScrapeBenchmark $foreign -- -wi 3 -w 1s -i 3 -r 1s
done
measure allocation 1 1 "$java25" "$main\\.(perCpu.*|our.*|off.*|stock.*|openTelemetry)\$" $foreign -- "${time[@]}" -prof gc

echo memory
"$java25" $native -XX:+UseSerialGC -cp "$class_path" $package.MemoryMeasurement "$results"

"$java25" -cp "$class_path" $package.Report "$results" "$output"
echo "Written to $output"
