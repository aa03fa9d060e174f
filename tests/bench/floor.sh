#!/bin/sh
# The least that a placement costs Redis: the commands that it takes, without any decision. Beside it stand the
# script that does decide, and a script that does nothing. There are 16 agents in a call, as the front-end puts
# them together, each on a node of its own. Prints the processor time of Redis for an agent.
# usage: tests/bench/floor.sh [BUILD_DIR]; NODES (5000), CALLS (3000 in a round) and ROUNDS (3) may be set
# shellcheck disable=SC2034,SC2154
set -eu
build=${1:-build}
here=$(dirname "$0")
nodes=${NODES:-5000}
calls_in_round=${CALLS:-3000}
rounds=${ROUNDS:-3}
clients=2
dir=$(mktemp -d)
lines=$dir/lines
. "$here/lib.sh"
. "$here/rows.sh"
BATCH=16

begin_all
learn_all plain
start_redis redis
populate_nodes "$nodes"
start_musterd musterd "unix://$socket"
use_indexes
stop musterd

nothing=$(printf '#!lua\nreturn 1' | cli -x script load)
# The commands of a placement, as MONITOR shows them, on names of this script's own.
commands=$(cat <<'LUA' | cli -x script load
#!lua
local p, call, run, nodes, added = KEYS[1], redis.call, ARGV[1], tonumber(ARGV[2]), {}
call("HMGET", p .. "settings", "strategy", "indexes", "building", "open_classes", "weight_cpu", "weight_memory", "weight_agents")
call("HMGET", p .. "totals", "epoch", "pending", "created", "placed_requested_least_loaded")
call("TIME")
call("ZRANGE", p .. "placement:least_loaded:worker/", "0", "15", "WITHSCORES")
for i = 1, 16 do
	local id = string.reverse(string.format("%012d", run * 16 + i))
	local node = "n-" .. (run * 16 + i) % nodes
	call("HMGET", p .. "node:" .. node, "active_agents", "max_agents", "address", "report")
	call("HSET", p .. "assignment:" .. id, "node_id", node, "epoch", "1763936000123", "placed", "least_loaded\t1763936000123\t" .. run * 16 + i)
	call("XADD", p .. "events", "*", "type", "agent.assigned", "agent_id", id, "node_id", node, "epoch", "1763936000123")
	call("HSET", p .. "node:" .. node, "active_agents", "7", "chosen", "1763936000123")
	call("ZADD", p .. "node_agents:" .. node, run * 16 + i, id)
	call("ZADD", p .. "placement:least_loaded:worker/", "7000000", node)
	added[2 * i - 1], added[2 * i] = id, run * 16 + i
end
call("HSET", p .. "roster:" .. math.ceil(run / 2), unpack(added))
call("HSET", p .. "totals", "floor", "1763936000123")
return 1
LUA
)

# Runs a command that makes $calls_in_round script calls, and prints the processor time of Redis for an agent,
# in nanoseconds.
cost() { # COMMAND...
	before=$(cpu_ns "$redis_pid")
	"$@" >"$dir/load.log" || fail "$(cat "$dir/load.log")"
	echo $((($(cpu_ns "$redis_pid") - before) / calls_in_round / BATCH))
}
script() { # SHA ARGV...
	sha=$1
	shift
	load -a "$socket" -n "$calls_in_round" -f "$first" -R evalsha "$sha" 1 "$prefix" "$@"
}

median() { sort -n | awk '{ v[NR] = $1 } END { printf "%.1f", v[int((NR + 1) / 2)] / 1000 }'; }

[ "$(items_in assign_batch)" -eq "$BATCH" ] || fail "a call takes other than $BATCH agents"
for round in $(seq "$rounds"); do
	first=$((round * calls_in_round))
	cost script "$nothing" >>"$dir/nothing"
	cost script "$commands" %d "$nodes" >>"$dir/commands"
	cost raw assign_batch h -f $((first * BATCH)) -n "$calls_in_round" >>"$dir/placement"
done
[ "$(cli hget "${prefix}totals" placed_requested_least_loaded)" -ge $((calls_in_round * rounds * BATCH)) ] ||
	fail 'the script has not placed all agents'
for what in nothing commands placement; do
	echo "$what $(median <"$dir/$what") us of Redis for an agent"
done
