#!/bin/sh
# The bench in one run: every row at every size, the peers, and the figures that have a target.
# Prints the table; the document is BUILD/bench.json, and each measurement a line of BUILD/bench.jsonl.
# usage: tests/bench/bench.sh [BUILD_DIR]
# NODES, AGENTS: lists of sizes. OPS: of a row in a round. ROUNDS. CLIENTS: connections.
# QUICK=1: small and soon over, to see that all of it works. ONLY: of "grid peers figures" some.
# shellcheck disable=SC2034,SC2154
set -eu
build=${1:-build}
here=$(dirname "$0")
quick=${QUICK:-}
clients=${CLIENTS:-50}
if [ -n "$quick" ]; then
	ops=${OPS:-500} rounds=${ROUNDS:-1} orphans=100
	nodes_list=${NODES-10 500} agents_list=${AGENTS-0 2000}
else
	ops=${OPS:-10000} rounds=${ROUNDS:-3} orphans=1000
	nodes_list=${NODES-10 1000 10000 100000} agents_list=${AGENTS-0 100000 1000000}
fi
dir=$(mktemp -d)
lines=$build/bench.jsonl

. "$here/lib.sh"
. "$here/rows.sh"
. "$here/grid.sh"
. "$here/figures.sh"
. "$here/peers.sh"

begin_all
: >"$lines"
emit "\"section\":\"run\",\"cpus\":$(nproc),\"cpu\":\"$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)\",\"kernel\":\"$(uname -r)\",\"redis\":\"$(redis-server --version | sed 's/.*v=\([^ ]*\).*/\1/')\",\"filesystem\":\"$(stat -f -c %T "$dir")\",\"commit\":\"$(git describe --always --dirty 2>/dev/null || echo unknown)\",\"quick\":$([ -n "$quick" ] && echo true || echo false),\"ops\":$ops,\"rounds\":$rounds,\"connections\":$clients"
start_redis redis
start_musterd musterd "unix://$socket"
learn_all
stop musterd
stop redis

for part in ${ONLY:-grid peers figures}; do $part; done
jq -s -f "$here/summary.jq" "$lines" >"$build/bench.json"
jq -r -f "$here/table.jq" "$build/bench.json"
say "all of it is in $build/bench.json"
