#!/bin/sh
# What a placement costs: the script's own time in Redis at several numbers of nodes, and
# placements per second through HTTP beside redis-benchmark on the same script, in one run.
# usage: tests/bench/placements.sh [BUILD_DIR]
set -eu
build=${1:-build}
nodes_list=${NODES:-10 1000 10000}
calls=${CALLS:-100000}
dir=$(mktemp -d)
redis_pid=''
musterd_pid=''
trap 'kill $musterd_pid $redis_pid 2>/dev/null || true; wait; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

redis-server --port 0 --unixsocket "$dir/redis.sock" --save '' --appendonly no --dir "$dir" \
	>"$dir/redis.log" &
redis_pid=$!
cli() { redis-cli -s "$dir/redis.sock" "$@"; }
until cli ping >/dev/null 2>&1; do :; done
load() { cli -x script load <"$build/lua/$1.lua"; }
prefix='muster:{bench}:'

cat >"$dir/post.lua" <<'LUA'
local counter, thread = 0, 0
function setup(t) t:set("id", thread) thread = thread + 1 end
function request()
	counter = counter + 1
	return wrk.format("POST", "/api/cluster/assignments",
		{ ["Content-Type"] = "application/json" }, '{"agent_id":"h-' .. id .. "-" .. counter .. '"}')
end
LUA

usec() { cli info commandstats | tr -d '\r' | sed -n "s/^cmdstat_evalsha:calls=\([0-9]*\),usec=\([0-9]*\),.*/\1 \2/p"; }

printf '%8s %22s %18s %18s %8s\n' nodes 'script µs per call' 'EVALSHA/s' 'HTTP/s' ratio
for nodes in $nodes_list; do
	cli flushall >/dev/null
	register=$(load node_register) create=$(load assignment_create)
	seq "$nodes" | awk -v sha="$register" -v p="$prefix" \
		'{ print "EVALSHA " sha " 1 " p " n" $1 " n" $1 " 10.0.0.1 0 worker 1000000 \"\" \"\" \"\" 100 3600000" }' |
		cli >/dev/null
	until [ "$(cli evalsha "$create" 1 "$prefix" warm '' '' '' '' | head -n 1)" != more ]; do :; done
	cli config resetstat >/dev/null
	raw=$(redis-benchmark -s "$dir/redis.sock" -n "$calls" -c 50 -r 1000000000000 --csv \
		evalsha "$create" 1 "$prefix" a-__rand_int__ '' '' '' '' | awk -F'"' 'END { print $4 }')
	cost=$(usec | awk '{ printf "%.1f", $2 / $1 }')
	"$build/musterd" -port 0 -redis "unix://$dir/redis.sock" -namespace bench 2>"$dir/musterd.log" &
	musterd_pid=$!
	until port=$(sed -n 's/.*listens on http:[^ ]*:\([0-9]*\),.*/\1/p' "$dir/musterd.log") &&
		[ -n "$port" ] && curl -sf "localhost:$port/readyz" >/dev/null; do :; done
	http=$(wrk -t1 -c50 -d5s -s "$dir/post.lua" "http://127.0.0.1:$port" |
		tee "$dir/wrk.log" | awk '/^Requests\/sec/ { print $2 }')
	if grep -q Non-2xx "$dir/wrk.log"; then
		cat "$dir/wrk.log" >&2
		exit 1
	fi
	kill "$musterd_pid"; wait "$musterd_pid" || true
	awk -v n="$nodes" -v c="$cost" -v r="$raw" -v h="$http" \
		'BEGIN { printf "%8d %22s %18.0f %18.0f %8.2f\n", n, c, r, h, h / r }'
done
