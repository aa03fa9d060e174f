#!/bin/sh
# What an operation costs Redis: instructions of redis-server in user space, counted by callgrind, for
# 16 clients at once through one front-end. `load` has the front-end find the requests of all 16 at the
# same moment, so that it puts them into one call, on a slow machine as on a fast one.
# Two shapes of cluster, each with 400 nodes:
#   plain    one class of nodes, one strategy (least_loaded)
#   classes  8 classes of nodes, told apart by their services; each agent asks for one service, which the
#            nodes of 3 classes offer; the index of least_agents is kept beside that of least_loaded
# Each figure is the difference between two runs of different length, so that start-up does not count.
# Another process holds the leader's lease, so nobody performs the leader's duties meanwhile.
# Prints "OPERATION SHAPE INSTRUCTIONS OPERATIONS_PER_CALL" for each.
# usage: tests/bench/redis_instructions.sh [BUILD_DIR]; SHAPES= and OPERATIONS= (a run's) may be set
# shellcheck disable=SC2034,SC2154
set -eu
command -v valgrind >/dev/null || { echo 'valgrind is needed: deploy/deps.sh valgrind' >&2; exit 1; }
build=${1:-build}
here=$(dirname "$0")
shapes=${SHAPES:-plain classes}
short=160
long=${OPERATIONS:-1600}
nodes=400
clients=16
dir=$(mktemp -d)
lines=$dir/lines
. "$here/lib.sh"

send() { load -w "$front_pid" -a "$port" "$@" >"$dir/load.log" || fail "$(cat "$dir/load.log")"; }

# Sends a number of an operation's requests, of which the first has the number FIRST.
run() { # OPERATION FIRST NUMBER
	case $1 in
	assign) send -f "$2" -n "$3" -X POST -e 201 -l "$dir/services.agents" -b "{\"agent_id\":\"a-%d\"$wanted}" $api/assignments ;;
	lookup) send -f "$2" -n "$3" -m "$short" $api/assignments/a-%d ;;
	heartbeat) send -f "$2" -n "$3" -m "$nodes" -X POST -b '{"cpu_usage":%u,"memory_usage":%u}' $api/nodes/n-%d ;;
	release) send -f "$2" -n "$3" -X DELETE -e 204 $api/assignments/a-%d ;;
	esac
}

# What was counted since it was last asked for.
counted() {
	rm -f "$dir"/count.*
	callgrind_control --dump "$redis_pid" >/dev/null 2>&1
	until grep -hs '^totals:' "$dir"/count.* >"$dir/totals"; do sleep 0.02; done
	awk '{ n += $2 } END { printf "%.0f", n }' "$dir/totals"
}

script_of() {
	case $1 in
	assign) echo agent_assign ;;
	lookup) echo agent_get ;;
	heartbeat) echo node_heartbeat ;;
	release) echo agent_release ;;
	esac
}

calls() { # OPERATION: that Redis has had so far
	curl -sf "localhost:$port/metrics" >"$dir/metrics" || fail 'no metrics'
	for script in $(script_of "$1"); do
		sed -n "s/^muster_redis_script_duration_seconds_count{script=\"$script\"} //p" "$dir/metrics"
	done | awk '{ n += $1 } END { print n + 0 }'
}

count() { # OPERATION
	counted >/dev/null
	run "$1" 0 "$short"
	few=$(counted) before=$(calls "$1")
	counted >/dev/null
	run "$1" "$short" $((short + long))
	many=$(counted)
	echo "$1 $shape $(((many - few) / long)) $((short + long)) $(($(calls "$1") - before))" |
		awk '{ printf "%s %s %d %.1f\n", $1, $2, $3, $4 / $5 }'
}

# The lines are services: a node takes the list of its line, an agent the service of its.
prepare_shape() {
	case $shape in
	plain) wanted='' offered='' ;;
	classes) wanted=',"services":["%s"]' offered=',"services":[%s]' ;;
	esac
	seq 0 7 | awk '{ printf "\"s%d\",\"s%d\",\"s%d\"\n", $1, ($1 + 1) % 8, ($1 + 3) % 8 }' >"$dir/services.nodes"
	seq -f s%.0f 0 7 >"$dir/services.agents"
}

indexes() { cli hget "${prefix}settings" indexes; }

begin_all
redis_under="valgrind --tool=callgrind --callgrind-out-file=$dir/count --log-file=$dir/valgrind.log"
for shape in $shapes; do
	prepare_shape
	start_redis redis --hz 1
	cli set "${prefix}lease" 'another nonce 1' px 3600000 >/dev/null
	start_musterd musterd "unix://$socket"
	send -n "$nodes" -X POST -e 201 -l "$dir/services.nodes" -b "{\"id\":\"n-%d\"$offered,\"max_agents\":100000}" $api/nodes
	send -n "$nodes" -X POST -b '{"cpu_usage":%u,"memory_usage":%u}' $api/nodes/n-%d
	warm_index
	kept=least_loaded
	if [ "$shape" = classes ]; then
		kept=least_agents,least_loaded
		post assignments '{"agent_id":"warm","strategy":"least_agents"}' >/dev/null
		curl -sf -X DELETE "localhost:$port$api/assignments/warm" || fail 'DELETE assignments/warm'
	fi
	[ "$(indexes)" = "$kept" ] || fail "$shape: the indexes are those of $(indexes), not of $kept"
	for operation in assign lookup heartbeat release; do count "$operation"; done
	[ "$(indexes)" = "$kept" ] || fail "$shape: at the end the indexes are those of $(indexes), not of $kept"
	stop musterd
	stop redis
done
