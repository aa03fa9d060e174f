#!/bin/sh
# The bench in one run: every row in both shapes and at every size, the peers, and the figures that have a
# target. Prints the tables. BUILD/bench.json holds all figures, BUILD/bench.jsonl each measurement.
# usage: tests/bench/bench.sh [BUILD_DIR]
# SHAPES: "plain classes" or one of them. NODES, AGENTS: lists of sizes. OPS: operations of a row in a round.
# ROUNDS. CLIENTS: connections. QUICK=1: small sizes, to see within two minutes that all of it works.
# ONLY: some of "grid peers figures".
# shellcheck disable=SC2034,SC2154
set -eu
build=${1:-build}
here=$(dirname "$0")
quick=${QUICK:-}
clients=${CLIENTS:-50}
shapes=${SHAPES:-plain classes}
if [ -n "$quick" ]; then
	ops=${OPS:-500} rounds=${ROUNDS:-1} orphans=100
	nodes_plain=${NODES-10 500} agents_plain=${AGENTS-2000}
	nodes_classes=${NODES-500} agents_classes=${AGENTS-2000}
else
	ops=${OPS:-10000} rounds=${ROUNDS:-3} orphans=1000
	nodes_plain=${NODES-10 1000 10000 100000} agents_plain=${AGENTS-0 100000 1000000}
	nodes_classes=${NODES-10 1000 100000} agents_classes=${AGENTS-0 100000}
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
# shellcheck disable=SC2086 # a list
learn_all plain classes

for part in ${ONLY:-grid peers figures}; do $part; done
jq -s -f "$here/summary.jq" "$lines" >"$build/bench.json"
jq -r -f "$here/table.jq" "$build/bench.json"
say "$build/bench.json holds all figures"
