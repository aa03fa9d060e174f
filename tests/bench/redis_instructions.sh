#!/bin/sh
# What an operation costs Redis: instructions of redis-server in user space, counted by callgrind, with 1, 4 and
# 16 clients at once through one front-end. `load -w` sends the requests of all clients so that the front-end
# finds them at the same moment and puts them into one script call: on any machine, the number of operations in
# a call is the number of clients.
# The cluster has 400 nodes with 10 agents on each, in each shape of rows.sh.
# Each figure is the difference between a long and a short run, so what is not part of an operation does not
# count. Another process has the leader's lease, so housekeeping does not count either.
#
# Prints all figures beside those in redis_instructions.txt. The exit status is 1 if a figure is more than 10 %
# above the one in that file; it is 0 in any case if the file is from another version of Redis.
# usage: tests/bench/redis_instructions.sh [BUILD_DIR]
# UPDATE=1: rewrites redis_instructions.txt. SHAPES, CLIENTS: only some of "plain classes", "1 4 16".
# shellcheck disable=SC2034,SC2154
set -eu
command -v valgrind >/dev/null || { echo 'valgrind is needed: deploy/deps.sh valgrind' >&2; exit 1; }
build=${1:-build}
here=$(dirname "$0")
committed=$here/redis_instructions.txt
shapes=${SHAPES:-plain classes}
numbers_of_clients=${CLIENTS:-1 4 16}
standing=4000
[ -z "${UPDATE:-}" ] || [ -z "${SHAPES:-}${CLIENTS:-}" ] || { echo 'UPDATE wants all shapes and clients' >&2; exit 2; }
dir=$(mktemp -d)
lines=$dir/lines
. "$here/lib.sh"
. "$here/rows.sh"
nodes=400 max_agents=100 # few, so that each agent counts in a node's load and the next goes elsewhere

# Sends requests whose counts begin at FIRST. Those of heartbeats have to be new ones, as the usage depends on
# the count.
run() { # OPERATION FIRST NUMBER
	case $1 in
	assign) set -- request assign -f "$2" -n "$3" ;;
	lookup) set -- load -a "$port" -f "$2" -n "$3" -l "$dir/shuffled" "$api/assignments/%s" ;;
	heartbeat) set -- request heartbeat -f $((beats += $3)) -n "$3" ;;
	release) set -- load -a "$port" -f "$2" -n "$3" -l "$dir/shuffled" -X DELETE -e 204 "$api/assignments/%s" ;;
	esac
	"$@" >"$dir/load.log" || fail "$(cat "$dir/load.log")"
}

# How many script calls the front-end has made since it started, those of a candidate for leader included.
calls_so_far() {
	curl -sf "localhost:$port/metrics" >"$dir/metrics" || fail 'no metrics'
	awk '/^muster_redis_script_duration_seconds_count/ { n += $2 } END { printf "%d", n }' "$dir/metrics"
}

measure_operation() { # OPERATION
	few=$short many=$long
	[ "$1" != lookup ] || many=$((long * 4)) # a lookup is cheap, so the garbage collector weighs more
	counted "$redis_pid" >/dev/null
	run "$1" 0 "$few"
	few_counted=$(counted "$redis_pid")
	calls_before=$(calls_so_far)
	counted "$redis_pid" >/dev/null
	run "$1" "$few" "$many"
	many_counted=$(counted "$redis_pid")
	# The front-end makes a few calls besides.
	[ $((($(calls_so_far) - calls_before) * clients)) -lt $((many + many / 10 + 10 * clients)) ] ||
		fail "$1 $shape: the calls had fewer than $clients operations"
	echo "$1 $shape $clients $(((many_counted - few_counted) / (many - few)))"
}

# Sets how many operations the runs have. The long run has a multiple of 50 calls more than the short one,
# because Redis collects Lua's garbage after each 50 calls.
set_lengths() {
	case $clients in
	1) more_calls=250 ;;
	4) more_calls=150 ;;
	*) more_calls=100 ;;
	esac
	short=$((4 * clients)) long=$(((4 + more_calls) * clients))
	# Another order than that of the placements, so that the agents of a call are on different nodes.
	seq $((short + long)) | awk -v n=$((short + long)) '{ printf "%012d\n", $1 * 211 % n }' | rev | sed 's/^/h-/' >"$dir/shuffled"
}

measure_shape() {
	use_shape "$shape"
	start_redis redis --hz 1
	cli set "${prefix}lease" 'another nonce 1' px 3600000 >/dev/null
	start_musterd musterd "unix://$socket"
	clients=50 beats=0
	request register -n "$nodes" -b "{\"id\":\"n-%d\",\"max_agents\":$max_agents$services}" >/dev/null
	request heartbeat -n "$nodes" >/dev/null
	request assign_batch -n $((standing / BATCH)) -i "{\"agent_id\":\"a-%r\"$services}" >/dev/null
	use_indexes
	callgrind_control --instr=on "$redis_pid" >/dev/null 2>&1
	for clients in $numbers_of_clients; do
		set_lengths
		for operation in assign lookup heartbeat release; do measure_operation $operation; done
	done
	check_indexes
	stop musterd
	stop redis
}

begin_all
version="$(redis-server --version | sed 's/.*v=\([^ ]*\).*/\1/') $(uname -m)"
redis_under="$callgrind --instr-atstart=no"
load() { "$build/tests/bench/load" -w "$front_pid" -c "$clients" "$@"; }
for shape in $shapes; do measure_shape; done >"$dir/measured"

judged=
[ -n "${UPDATE:-}" ] || [ "$(head -n 1 "$committed")" != "$version" ] || judged=1
awk -v judged="$judged" '
	BEGIN { printf "%-10s %-8s %8s %10s %10s %8s\n", "operation", "shape", "clients", "committed", "now", "change" }
	{ key = $1 " " $2 " " $3 }
	FNR == NR { committed[key] = $4; next }
	{
		change = key in committed ? sprintf("%+.1f %%", ($4 / committed[key] - 1) * 100) : "new"
		worse = judged && key in committed && $4 > committed[key] * 1.1
		failed = failed || worse
		printf "%-10s %-8s %8d %10d %10d %8s%s\n", $1, $2, $3, committed[key], $4, change, worse ? " WORSE" : ""
	}
	END { exit failed }' "$committed" "$dir/measured" || fail 'some operations cost Redis more than 10 % above redis_instructions.txt'
if [ -n "${UPDATE:-}" ]; then
	{ echo "$version" && cat "$dir/measured"; } >"$committed"
elif [ -z "$judged" ]; then
	echo "Not judged: the committed figures are of Redis $(head -n 1 "$committed"), and this is $version."
fi
