#!/bin/sh
# What the commands of a placement cost Redis, and what other data models would send instead: instructions of
# redis-server in user space, counted by callgrind, for each call from a script. 400 nodes, 4,000 agents.
# Each figure is the difference between a long and a short loop, less that of an empty loop.
# usage: tests/bench/commands.sh [BUILD_DIR]
# shellcheck disable=SC2034,SC2154
set -eu
command -v valgrind >/dev/null || { echo 'valgrind is needed: deploy/deps.sh valgrind' >&2; exit 1; }
build=${1:-build}
here=$(dirname "$0")
dir=$(mktemp -d)
lines=$dir/lines
clients=1
. "$here/lib.sh"

# Runs a loop with BODY, in which `i` counts and `id` is an agent's, and prints what one turn of it costs.
cost() { # BODY
	sha=$(printf '#!lua\nlocal p, call = KEYS[1], redis.call\nfor i = 1, tonumber(ARGV[1]) do\n%s\n%s\nend\nreturn 1\n' \
		'local id = "z-" .. ((i * 7919) % 100000)' "$1" | cli -x script load)
	cli evalsha "$sha" 1 "$prefix" 1 >/dev/null
	counted "$redis_pid" >/dev/null
	cli evalsha "$sha" 1 "$prefix" 200 >/dev/null
	few=$(counted "$redis_pid")
	cli evalsha "$sha" 1 "$prefix" 1200 >/dev/null
	echo $((($(counted "$redis_pid") - few) / 1000))
}

row() { # NAME BODY
	printf '%-52s %6d\n' "$1" $(($(cost "$2") - empty))
}

begin_all
redis_under="$callgrind"
start_redis redis --hz 1
seq 4000 | awk -v p="$prefix" '
	{ n = $1 % 400
	  print "HSET " p "node:n-" n " active_agents 10 max_agents 100 address h\\t10.0.0.1\\t80 usage 12.5\\t40\\t0\\t0"
	  print "ZADD " p "node_agents:n-" n " 0 a-" $1
	  print "SADD " p "set:n-" n " a-" $1
	  print "ZADD " p "placement " 70000000 + n * 1000 " n-" n
	  if (n < 50) print "ZADD " p "small " 70000000 + n * 1000 " n-" n
	  if (n < 50) print "ZADD " p "skip " 70000000 + n * 1000 " n-" n
	  if ($1 % 24 == 0) print "ZADD " p "roster 0 z-" $1 * 10 " 0 a-name-of-more-than-sixty-four-bytes-makes-redis-keep-it-in-a-skip-list"
	  print "ZADD " p "page:" $1 % 166 " 0 z-" $1
	  print "XADD " p "events * type agent.assigned agent_id a-" $1 " node_id n-" n " epoch 1763936000123" }' |
	cli >/dev/null
long=a-member-of-more-than-sixty-four-bytes-makes-redis-keep-a-skip-list-of-it
cli zadd "${prefix}skip" 0 $long >/dev/null
cli zrem "${prefix}skip" $long >/dev/null
empty=$(cost '')
row 'record of an assignment, three fields: HSET' 'call("HSET", p .. "assignment:" .. id .. i, "node_id", "n-12", "epoch", "1763936000123", "placed", "least_loaded\t1763936000123\t17")'
row 'the same as five fields' 'call("HSET", p .. "long:" .. id .. i, "node_id", "n-12", "epoch", "1763936000123", "strategy", "least_loaded", "assigned_at", "1763936000123", "number", "17")'
row 'the same as two fields' 'call("HSET", p .. "short:" .. id .. i, "node_id", "n-12", "epoch", "1763936000123")'
row 'event: XADD' 'call("XADD", p .. "events", "*", "type", "agent.assigned", "agent_id", id, "node_id", "n-12", "epoch", "1763936000123")'
row 'node: HMGET of four fields' 'call("HMGET", p .. "node:n-" .. i % 400, "active_agents", "max_agents", "address", "usage")'
row 'node: HSET of two fields' 'call("HSET", p .. "node:n-" .. i % 400, "active_agents", "17", "chosen", "1763936000123")'
row "a node's agents: ZADD to a sorted set" 'call("ZADD", p .. "node_agents:n-" .. i % 400, "0", id)'
row "a node's agents: SADD to a set" 'call("SADD", p .. "set:n-" .. i % 400, id)'
row 'all agents, 16 in a call: HSET to the page of their numbers' 'if i % 16 == 0 then call("HSET", p .. "numbers:" .. i / 32, id, i, id .. 1, i, id .. 2, i, id .. 3, i, id .. 4, i, id .. 5, i, id .. 6, i, id .. 7, i, id .. 8, i, id .. 9, i, id .. 10, i, id .. 11, i, id .. 12, i, id .. 13, i, id .. 14, i, id .. 15, i) end'
row 'all agents by id: page by ZREVRANGEBYLEX, ZADD, ZCARD' 'call("ZREVRANGEBYLEX", p .. "roster", "[" .. id, "-", "LIMIT", "0", "1") call("ZADD", p .. "page:" .. i % 166, "0", id) call("ZCARD", p .. "page:" .. i % 166)'
row 'all agents in no order: SADD to a hashed set' 'call("SADD", p .. "bucket:" .. i % 166, id)'
row 'index of 400 nodes: ZADD' 'call("ZADD", p .. "placement", tostring(70000000 + i * 1000), "n-" .. i % 400)'
row 'index of 50 nodes, a list: ZADD' 'call("ZADD", p .. "small", tostring(70000000 + i * 1000), "n-" .. i % 50)'
row 'index of 50 nodes, a skip list: ZADD' 'call("ZADD", p .. "skip", tostring(70000000 + i * 1000), "n-" .. i % 50)'
row 'settings of a call: HMGET of seven fields' 'call("HMGET", p .. "settings", "strategy", "indexes", "building", "open_classes", "weight_cpu", "weight_memory", "weight_agents")'
row 'time of a call: TIME' 'call("TIME")'
