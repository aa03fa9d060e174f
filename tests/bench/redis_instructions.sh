#!/bin/sh
# What an operation costs Redis: instructions of redis-server in user space, counted by callgrind, with
# 1, 4 and 16 clients at once through one front-end. `load -w` sends the requests of all clients so that
# the front-end finds them at the same moment and puts them into one call: on any machine, the number of
# operations in a call is the number of clients.
# Two shapes of cluster, each with 400 nodes and 10 agents on each:
#   plain    one class of nodes; one strategy, least_loaded
#   classes  8 classes of nodes, which differ in their services; each agent asks for one service, and the
#            nodes of 3 classes offer it; the index of least_agents is kept beside that of least_loaded
# Each figure is the difference between a long and a short run, so what is not part of an operation does
# not count. Somebody else holds the leader's lease, so the leader's duties do not count either.
#
# Prints all figures beside those in redis_instructions.txt. The exit status is 1 where a figure is more
# than 10 % above the one in that file; it is 0 in any case where the file is of another version of Redis.
# usage: tests/bench/redis_instructions.sh [BUILD_DIR]
# UPDATE=1: writes redis_instructions.txt anew. SHAPES, CLIENTS: only some ("plain classes", "1 4 16").
# shellcheck disable=SC2034,SC2154
set -eu
command -v valgrind >/dev/null || { echo 'valgrind is needed: deploy/deps.sh valgrind' >&2; exit 1; }
build=${1:-build}
here=$(dirname "$0")
committed=$here/redis_instructions.txt
shapes=${SHAPES:-plain classes}
numbers_of_clients=${CLIENTS:-1 4 16}
nodes=400
standing=$((nodes * 10))
dir=$(mktemp -d)
lines=$dir/lines
. "$here/lib.sh"

send() { load -w "$front_pid" -a "$port" "$@" >"$dir/load.log" || fail "$(cat "$dir/load.log")"; }

assign() { # ID OPTION...
	id=$1
	shift
	send -X POST -e 201 -l "$dir/services" -b "{\"agent_id\":\"$id\"$wanted}" "$@" $api/assignments
}

# Sends requests with the counts from FIRST on; heartbeats with counts that were never used before, as
# the usage that they report depends on the count.
run() { # OPERATION FIRST NUMBER
	case $1 in
	assign) assign "a-%r" -f "$2" -n "$3" ;;
	lookup) send -f "$2" -n "$3" -l "$dir/shuffled" $api/assignments/%s ;;
	heartbeat) send -f $((beats += $3)) -n "$3" -m "$nodes" -X POST -b '{"cpu_usage":40.%u,"memory_usage":50.%u}' $api/nodes/n-%d ;;
	release) send -f "$2" -n "$3" -l "$dir/shuffled" -X DELETE -e 204 $api/assignments/%s ;;
	esac
}

# Instructions since the last time that this was asked.
counted() {
	rm -f "$dir"/count.*
	callgrind_control --dump "$redis_pid" >/dev/null 2>&1
	until grep -hs '^totals:' "$dir"/count.* >"$dir/totals"; do sleep 0.02; done
	awk '{ n += $2 } END { printf "%.0f", n }' "$dir/totals"
}

# How many script calls the front-end has made since it started, those of the leader included.
calls() {
	curl -sf "localhost:$port/metrics" >"$dir/metrics" || fail 'no metrics'
	awk '/^muster_redis_script_duration_seconds_count/ { n += $2 } END { printf "%d", n }' "$dir/metrics"
}

measure_operation() { # OPERATION
	few=$short many=$long
	[ "$1" != lookup ] || many=$((long * 4)) # they are cheap, so that garbage weighs more
	counted >/dev/null
	run "$1" 0 "$few"
	few_counted=$(counted)
	calls_before=$(calls)
	counted >/dev/null
	run "$1" "$few" "$many"
	many_counted=$(counted)
	# A few calls of the front-end's own come on top.
	[ $((($(calls) - calls_before) * clients)) -lt $((many + many / 10 + 10 * clients)) ] ||
		fail "$1 $shape: the calls had fewer than $clients operations"
	echo "$1 $shape $clients $(((many_counted - few_counted) / (many - few)))"
}

indexes() { cli hget "${prefix}settings" indexes; }

use() { # STRATEGY: from then on its index is kept
	post assignments "{\"agent_id\":\"warm\",\"strategy\":\"$1\"}" >/dev/null
	curl -sf -X DELETE "localhost:$port$api/assignments/warm" || fail 'DELETE assignments/warm'
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
	seq $((short + long)) | awk -v n=$((short + long)) '{ printf "%012d\n", $1 * 211 % n }' | rev | sed 's/^/a-/' >"$dir/shuffled"
}

measure_shape() {
	wanted='' offered='' kept=least_loaded
	[ "$shape" = plain ] || wanted=',"services":["%s"]' offered=',"services":[%s]' kept=least_agents,least_loaded
	start_redis redis --hz 1
	cli set "${prefix}lease" 'another nonce 1' px 3600000 >/dev/null
	start_musterd musterd "unix://$socket"
	clients=16
	seq 0 7 | awk '{ printf "\"s%d\",\"s%d\",\"s%d\"\n", $1, ($1 + 1) % 8, ($1 + 3) % 8 }' >"$dir/services"
	send -n "$nodes" -X POST -e 201 -l "$dir/services" -b "{\"id\":\"n-%d\"$offered,\"max_agents\":100}" $api/nodes
	beats=0
	run heartbeat 0 "$nodes"
	seq -f s%.0f 0 7 >"$dir/services"
	assign "standing-%r" -n "$standing"
	[ "$shape" = plain ] || use least_agents
	[ "$(indexes)" = "$kept" ] || fail "$shape: the indexes are those of $(indexes), not of $kept"
	callgrind_control --instr=on "$redis_pid" >/dev/null 2>&1
	for clients in $numbers_of_clients; do
		set_lengths
		for operation in assign lookup heartbeat release; do measure_operation $operation; done
	done
	[ "$(indexes)" = "$kept" ] || fail "$shape: at the end the indexes are those of $(indexes), not of $kept"
	stop musterd
	stop redis
}

begin_all
version="$(redis-server --version | sed 's/.*v=\([^ ]*\).*/\1/') $(uname -m)"
redis_under="valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file=$dir/count --log-file=$dir/valgrind.log"
for shape in $shapes; do measure_shape; done >"$dir/measured"

[ -n "${UPDATE:-}" ] || judged=$([ "$(head -n 1 "$committed")" = "$version" ] && echo 1 || true)
awk -v judged="${judged:-}" '
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
	echo "Not judged: the committed figures are those of Redis $(head -n 1 "$committed"), this is $version."
fi
