#!/bin/sh
# What a placement costs Redis at the least: the commands that it takes, with nothing decided, beside
# the script that decides, and beside a script that does nothing. Sixteen agents a call, as the front-end
# puts them together, each on a node of its own. Prints processor time of Redis for an agent.
# usage: tests/bench/floor.sh [BUILD_DIR]; NODES (5000), CALLS (3000 a round) and ROUNDS (3) may be set
# shellcheck disable=SC2034,SC2154
set -eu
build=${1:-build}
here=$(dirname "$0")
nodes=${NODES:-5000}
calls=${CALLS:-3000}
rounds=${ROUNDS:-3}
each=16
clients=1
dir=$(mktemp -d)
lines=$dir/lines
. "$here/lib.sh"

begin_all
start_redis redis
register=$(sha1sum <"$build/lua/node_register.lua" | cut -d ' ' -f 1)
create=$(sha1sum <"$build/lua/agent_assign.lua" | cut -d ' ' -f 1)
seq "$nodes" | awk -v sha="$register" -v p="$prefix" '
	{ print "EVALSHA " sha " 1 " p " n" $1 " n" $1 " 10.0.0.1 80 worker 1000000 \"\" \"\" \"\" 100 3600000 3000 0" }' |
	cli >/dev/null
until [ "$(printf 'first\n' | cli -x evalsha "$create" 1 "$prefix" 0 | head -n 1)" != more ]; do :; done >/dev/null 2>&1

nothing=$(printf '#!lua\nreturn 1' | cli -x script load)
# The commands of a placement, as `monitor` shows them, on names of this script's own.
commands=$(cat <<'LUA' | cli -x script load
#!lua
local p, call, run, nodes = KEYS[1], redis.call, ARGV[1], tonumber(ARGV[2])
call("HMGET", p .. "settings", "strategy", "indexes", "building", "open_classes", "weight_cpu", "weight_memory", "weight_agents")
call("HMGET", p .. "totals", "epoch", "pending", "placed_requested_least_loaded")
call("TIME")
call("ZRANGE", p .. "placement:least_loaded:worker/", "0", "15", "WITHSCORES")
for i = 1, 16 do
	local id, node = "f-" .. run .. "-" .. i, "n" .. ((run + i) % nodes + 1)
	call("HMGET", p .. "node:" .. node, "active_agents", "max_agents", "address", "usage")
	call("HSET", p .. "assignment:" .. id, "node_id", node, "epoch", "1763936000123", "strategy", "least_loaded", "assigned_at", "1763936000123")
	call("XADD", p .. "events", "*", "type", "agent.assigned", "agent_id", id, "node_id", node, "epoch", "1763936000123")
	call("HSET", p .. "node:" .. node, "active_agents", "7", "chosen", "1763936000123")
	call("ZADD", p .. "node_agents:" .. node, "0", id)
	call("ZADD", p .. "placement:least_loaded:worker/", "7000000", node)
	call("ZREVRANGEBYLEX", p .. "roster", "[" .. id, "-", "LIMIT", "0", "1")
	call("ZADD", p .. "roster:f-" .. run, "0", id)
end
call("HSET", p .. "totals", "floor", "1763936000123")
return 1
LUA
)

agents() { seq "$each" | sed 's/^/f-__rand_int__-/'; }

# Processor time of Redis for an agent, in nanoseconds.
cost() { # SHA ARGV...
	sha=$1
	shift
	before=$(cpu_ns "$redis_pid")
	redis-benchmark -s "$socket" -c 2 -n "$calls" -r 2000000000 -q evalsha "$sha" 1 "$prefix" "$@" >/dev/null
	echo $((($(cpu_ns "$redis_pid") - before) / calls / each))
}

median() { sort -n | awk '{ v[NR] = $1 } END { printf "%.1f", v[int((NR + 1) / 2)] / 1000 }'; }

for round in $(seq "$rounds"); do
	cost "$nothing" >>"$dir/nothing"
	cost "$commands" __rand_int__ "$nodes" >>"$dir/commands"
	cost "$create" "$(agents)
" 0 >>"$dir/placement"
done
[ "$(cli hget "${prefix}totals" placed_requested_least_loaded)" -gt $((calls * rounds * each / 2)) ] ||
	fail 'the script has not placed the agents'
for what in nothing commands placement; do
	echo "$what $(median <"$dir/$what") us of Redis for an agent"
done
