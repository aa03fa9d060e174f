#!/bin/sh
# What a request costs the front-end: instructions of musterd in user space, counted by callgrind, beside those
# of a bare server (hello.c) that is sent the same requests. They do not depend on how busy the machine is.
# musterd runs with its defaults, audit records included, but heartbeats live longer, as callgrind is slow.
# Each figure is the difference between a long and a short run on as many connections, so neither start-up nor
# connecting counts. Prints "hello_NAME INSTRUCTIONS" and "NAME INSTRUCTIONS RATIO" for each operation.
# usage: tests/bench/instructions.sh [BUILD_DIR]; CONNECTIONS=, REQUESTS= and OPERATIONS= may be set
# shellcheck disable=SC2034,SC2154
set -eu
command -v valgrind >/dev/null || { echo 'valgrind is needed: deploy/deps.sh valgrind' >&2; exit 1; }
build=${1:-build}
here=$(dirname "$0")
clients=${CONNECTIONS:-50}
requests=${REQUESTS:-2000}
operations=${OPERATIONS:-livez assign lookup heartbeat}
dir=$(mktemp -d)
lines=$dir/lines
. "$here/lib.sh"

run() { # OPERATION FIRST NUMBER STATUS_OF_A_CREATION
	case $1 in
	livez) set -- "$2" "$3" /livez ;;
	lookup) set -- "$2" "$3" $api/assignments/warm ;;
	heartbeat) set -- "$2" "$3" -X POST -b '{"cpu_usage":12.5,"memory_usage":40.1}' $api/nodes/n1 ;;
	assign) set -- "$2" "$3" -X POST -e "$4" -b '{"agent_id":"a-%d"}' $api/assignments ;;
	esac
	first=$1 number=$2
	shift 2
	load -a "$port" -f "$first" -n "$number" "$@" >"$dir/load.log" || fail "$(cat "$dir/load.log")"
}

measure_operation() { # OPERATION PID STATUS_OF_A_CREATION
	run "$1" 0 "$clients" "$3"
	counted "$2" >/dev/null
	run "$1" "$clients" "$requests" "$3"
	few=$(counted "$2")
	run "$1" $((clients + requests)) $((requests * 2)) "$3"
	echo $((($(counted "$2") - few) / requests))
}

begin_all
# shellcheck disable=SC2086 # words
start hello $callgrind "$build/tests/bench/hello"
until_true grep '^port ' "$dir/hello.log"
port=$(sed -n 's/^port //p' "$dir/hello.log")
for operation in $operations; do
	measure_operation "$operation" "$(cat "$dir/hello.pid")" 200 >"$dir/hello.$operation"
done
stop hello

start_redis redis
musterd_under=$callgrind
start_musterd musterd "unix://$socket"
post nodes '{"id":"n1","max_agents":1000000}' >/dev/null
post assignments '{"agent_id":"warm"}' >/dev/null
for operation in $operations; do
	hello=$(cat "$dir/hello.$operation")
	musterd=$(measure_operation "$operation" "$front_pid" 201)
	echo "hello_$operation $hello"
	echo "$operation $musterd $(echo "$musterd $hello" | awk '{ printf "%.2f", $1 / $2 }')"
done
