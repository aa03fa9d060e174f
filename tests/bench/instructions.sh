#!/bin/sh
# What a request costs the front-end: instructions in user space, counted by callgrind, beside
# those of a bare server (hello.c) that is sent the same request. No machine's load changes them.
# musterd runs as it comes, audit records included, but for a heartbeat that outlives the slow run.
# Each figure is the difference between two runs on as many connections, so that neither start-up nor
# connecting counts. Prints "hello_NAME INSTRUCTIONS" and "NAME INSTRUCTIONS RATIO" for each.
# usage: tests/bench/instructions.sh [BUILD_DIR]; CONNECTIONS=, REQUESTS= and OPERATIONS= may be set
set -eu
command -v valgrind >/dev/null || { echo 'valgrind is needed: deploy/deps.sh valgrind' >&2; exit 1; }
build=${1:-build}
connections=${CONNECTIONS:-50}
requests=${REQUESTS:-2000}
operations=${OPERATIONS:-livez assign lookup heartbeat}
dir=$(mktemp -d)
redis_pid='' server_pid=''
trap 'kill $server_pid $redis_pid 2>/dev/null || true; wait; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

# Stops after so many replies; those in flight by then are as many in every run.
cat >"$dir/load.lua" <<'LUA'
local requests = {
	livez = function() return "GET", "/livez" end,
	lookup = function() return "GET", "/api/cluster/assignments/warm-1" end,
	heartbeat = function() return "POST", "/api/cluster/nodes/n1", '{"cpu_usage":12.5,"memory_usage":40.1}' end,
	assign = function(id) return "POST", "/api/cluster/assignments", '{"agent_id":"' .. id .. '"}' end,
}
local make, run, most, sent, replies, seen
function init(args)
	make, run, most, sent, replies = requests[args[1]], args[2], tonumber(args[3]), 0, 0
end
function request()
	sent = sent + 1
	local method, path, body = make(run .. "-" .. sent)
	return wrk.format(method, path, { ["Content-Type"] = body and "application/json" }, body)
end
function response(status)
	replies = replies + 1
	if status > 299 then
		print("status " .. status)
		os.exit(1)
	end
	if replies >= most then
		os.exit(0) -- the tool itself sits out its time
	end
end
LUA

load() { # operation, name of the run, requests
	wrk -t1 -c"$connections" -d600s -s "$dir/load.lua" "http://127.0.0.1:$port" -- "$@" >"$dir/wrk.log" || {
		cat "$dir/wrk.log" >&2
		exit 1
	}
}

# What was counted since it was last asked for.
counted() {
	rm -f "$dir"/count.*
	callgrind_control --dump "$server_pid" >/dev/null 2>&1
	until grep -hs '^totals:' "$dir"/count.* >"$dir/totals"; do :; done
	awk '{ n += $2 } END { printf "%d", n }' "$dir/totals"
}

measure() { # operation
	load "$1" warm "$connections"
	counted >/dev/null
	load "$1" few "$requests"
	few=$(counted)
	load "$1" many "$((requests * 2))"
	echo $((($(counted) - few) / requests))
}

count() { # a server and its arguments, in the background
	valgrind --tool=callgrind --callgrind-out-file="$dir/count" --log-file="$dir/valgrind.log" "$@" &
	server_pid=$!
}

stop() {
	kill "$server_pid"
	wait "$server_pid" 2>/dev/null || true
	server_pid=''
}

count "$build/tests/bench/hello" >"$dir/hello.log"
until port=$(sed -n 's/^port //p' "$dir/hello.log") && [ -n "$port" ]; do sleep 0.1; done
for operation in $operations; do
	measure "$operation" >"$dir/hello.$operation"
done
stop

redis-server --port 0 --unixsocket "$dir/redis.sock" --save '' --appendonly no --dir "$dir" \
	>"$dir/redis.log" &
redis_pid=$!
count "$build/musterd" -port 0 -redis "unix://$dir/redis.sock" -heartbeat-ttl 1h 2>"$dir/musterd.log"
until port=$(sed -n 's/.*listens on http:[^ ]*:\([0-9]*\),.*/\1/p' "$dir/musterd.log") &&
	[ -n "$port" ] && curl -sf "localhost:$port/readyz" >/dev/null; do sleep 0.1; done
for body in '{"id":"n1","max_agents":1000000}' '{"agent_id":"warm-1"}'; do
	path=nodes
	case $body in *agent_id*) path=assignments ;; esac
	curl -sf -H 'Content-Type: application/json' -d "$body" "localhost:$port/api/cluster/$path" >/dev/null
done
for operation in $operations; do
	hello=$(cat "$dir/hello.$operation")
	musterd=$(measure "$operation")
	echo "hello_$operation $hello"
	echo "$operation $musterd $(echo "$musterd $hello" | awk '{ printf "%.2f", $1 / $2 }')"
done
stop
