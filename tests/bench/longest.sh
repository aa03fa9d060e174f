#!/bin/sh
# How long the longest script holds Redis while everything happens at once on a large cluster: all
# operations through HTTP, a switch to every strategy, each of which builds an index from nothing, a
# node that dies with thousands of agents, one that leaves with as many, a hundred more that die.
# usage: tests/bench/longest.sh [BUILD_DIR]
# NODES (10000), AGENTS (1000000): how many there are. BIG (10000): agents of the two large nodes.
# MOST_MS (5): the exit status is 1 where a script took longer, or where something was not done.
# As root Redis runs ahead of every other process, so that no one else's work counts as its own, and
# meanwhile without the pause that Linux makes such a process take in every busy second. How often it
# was put aside all the same, and the longest of the commands that cost nothing, such as an EXISTS,
# tell what the machine has added.
set -eu
build=${1:-build}
nodes=${NODES:-10000}
agents=${AGENTS:-1000000}
big=${BIG:-10000}
most_ms=${MOST_MS:-5}
prefix='muster:{longest}:'
dir=$(mktemp -d)
pauses=/proc/sys/kernel/sched_rt_runtime_us pause=
clean_up() {
	for file in "$dir"/*.pid; do kill "$(cat "$file")" 2>/dev/null || true; done
	wait
	[ -z "$pause" ] || echo "$pause" >"$pauses"
	rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

ahead=
if chrt -f 1 true 2>/dev/null; then ahead='chrt -f 1'; fi
if [ -n "$ahead" ] && [ -w "$pauses" ]; then
	pause=$(cat "$pauses")
	echo -1 >"$pauses" 2>/dev/null || pause=
fi
$ahead redis-server --port 0 --unixsocket "$dir/redis.sock" --save '' --dir "$dir" >"$dir/redis.log" &
echo $! >"$dir/redis.pid"
cli() { redis-cli -s "$dir/redis.sock" "$@"; }
until cli ping >/dev/null 2>&1; do :; done
load() { cli -x script load <"$build/lua/$1.lua"; }
fail() {
	echo "longest: $*" >&2
	exit 1
}

# What stands: the large nodes take the agents that want them before anybody else can.
register=$(load node_register) create=$(load agent_assign)
node() { # ID SERVICES MAX_AGENTS
	cli evalsha "$register" 1 "$prefix" "$1" "$1" 10.0.0.1 0 worker "$3" "$2" '' '' "$3" 3600000 \
		1200000 5000 >/dev/null
}
agent_lines() { # NAME COUNT SERVICE
	seq "$2" | awk -v sha="$create" -v p="$prefix" -v name="$1" -v service="$3" '{
		printf "EVALSHA %s 1 %s %s%d \"%s\" \"\" \"\" \"\"\r\n", sha, p, name, $1, service }'
}
populate() { # COUNT_EXPECTED: of agents, from lines on stdin
	cli --pipe >"$dir/pipe.log"
	[ "$(cli --raw evalsha "$(load stats_get)" 1 "$prefix" | sed -n 8p)" -ge "$1" ] ||
		fail "$(tail -n 1 "$dir/pipe.log"), and not $1 agents"
}
node dies dies "$big"
until [ "$(cli evalsha "$create" 1 "$prefix" first dies '' '' '' | head -n 1)" != more ]; do :; done
agent_lines d $((big - 1)) dies | populate "$big"
node leaves leaves "$big"
agent_lines l "$big" leaves | populate $((2 * big))
seq "$nodes" | awk -v sha="$register" -v p="$prefix" '{
	printf "EVALSHA %s 1 %s n%d host%d 10.0.0.1 0 worker 1000 dies,leaves,s%d \"\" z%d 1000 3600000 1200000 5000\r\n",
		sha, p, $1, $1, $1 % 4, $1 % 8 }' | cli --pipe >"$dir/pipe.log"
agent_lines a $((agents - 2 * big)) '' | populate "$agents"

"$build/musterd" -port 0 -redis "unix://$dir/redis.sock" -namespace longest -grace 500ms \
	-heartbeat-ttl 1h 2>"$dir/musterd.log" &
echo $! >"$dir/musterd.pid"
until port=$(sed -n 's/.*listens on http:[^ ]*:\([0-9]*\),.*/\1/p' "$dir/musterd.log") &&
	[ -n "$port" ] && curl -sf "localhost:$port/readyz" >/dev/null; do :; done
api=localhost:$port/api/cluster
until curl -sf "$api/leader" >/dev/null; do :; done

# What goes on meanwhile: every operation that a client has.
cat >"$dir/mix.lua" <<'LUA'
local base, thread, n = "/api/cluster", 0, 0
function setup(t) t:set("id", thread) thread = thread + 1 end
local function post(path, body)
	return wrk.format("POST", base .. path, { ["Content-Type"] = "application/json" }, body)
end
local function get(path) return wrk.format("GET", base .. path) end
local kinds = {
	function(k) return post("/assignments", '{"agent_id":"w-' .. k .. '"}') end,
	function(k) return get("/assignments/a" .. k % 1000 + 1) end,
	function(k) return post("/nodes/n" .. k % (NODES - 100) + 101, '{"cpu_usage":' .. k % 100 .. "}") end,
	function(k) return wrk.format("DELETE", base .. "/assignments/w-" .. k - 40) end,
	function(k) return get("/nodes/n" .. k % NODES + 1) end,
	function() return get("/stats") end,
	function(k) return post("/assignments", '{"agent_id":"q-' .. k .. '","services":["later"],"queue":true}') end,
	function(k) return post("/nodes", '{"id":"r-' .. k % 50 .. '","services":["s1"]}') end,
	function(k) return post("/nodes/r-" .. k % 50, '{"status":"' .. (k % 2 == 0 and "draining" or "online") .. '"}') end,
	function(k) return wrk.format("DELETE", base .. "/nodes/r-" .. (k + 25) % 50) end,
	function() return get("/leader") end,
	function(k) return post("/assignments", '{"agent_id":"x-' .. k .. '","strategy":"round_robin"}') end,
}
local lists = { "/nodes?limit=1000", "/assignments?limit=1000", "/nodes?zone=none",
	"/nodes?status=offline&limit=1000", "/assignments?service=none&limit=1000", "/balance",
	"/assignments?node_id=n7&limit=1000", "/assignments?status=pending&limit=1000", "/hold", "/check?limit=200" }
-- Redis is not to be busy all the time: a machine gives no process all of a processor for long.
function delay() return 8 end
function request()
	n = n + 1
	local k = n * 16 + id
	if n % 200 == 0 then
		local ids = {}
		for i = 1, 1000 do
			ids[i] = '"b-' .. k .. "-" .. i .. '"'
		end
		return post("/assignments/batch", '{"agents":[' .. table.concat(ids, ",") .. "]}")
	elseif n % 40 == 0 then
		return get(lists[n / 40 % #lists + 1])
	end
	return kinds[n % #kinds + 1](k)
end
LUA
sed -i "s/NODES/$nodes/g" "$dir/mix.lua"
switches() { sed -n 's/^nonvoluntary_ctxt_switches:[^0-9]*//p' "/proc/$(cat "$dir/redis.pid")/status"; }
preempted=$(switches)
cli config set slowlog-log-slower-than 1000 slowlog-max-len 100000 >/dev/null
cli config resetstat >/dev/null
cli slowlog reset >/dev/null
wrk -t1 -c16 -d600s -s "$dir/mix.lua" "http://127.0.0.1:$port" >"$dir/wrk.log" &
echo $! >"$dir/wrk.pid"
emptied() { [ "$(cli exists "${prefix}node_agents:$1")" = 0 ]; }
lapse() { # NODE…: their heartbeats have ended
	for id in "$@"; do
		printf 'DEL %sheartbeat:%s\r\nZADD %sdeadlines XX 1 %s\r\n' "$prefix" "$id" "$prefix" "$id"
	done | cli --pipe >"$dir/pipe.log"
}
set_hold() { curl -sf --json "{\"action\":\"$1\"}" "$api/hold" >/dev/null; }

lapse dies
for name in round_robin least_agents random weighted least_loaded; do
	curl -sf --json "{\"strategy\":\"$name\"}" "$api/balance" >/dev/null || fail "no switch to $name"
done
curl -sf -X DELETE "$api/nodes/leaves" >"$dir/left" || fail "the node did not leave"
until emptied dies; do :; done
set_hold enter
# shellcheck disable=SC2046
lapse $(seq -f n%.0f 100)
until [ "$(curl -sf "$api/hold" | jq .count 2>/dev/null || echo 0)" != 0 ]; do :; done
set_hold confirm_dead
until emptied n1 && emptied n100 && [ "$(cli zcard "${prefix}evacuating")" = 0 ]; do :; done
curl -sf --json '{"id":"later","services":["later"],"max_agents":1000000}' "$api/nodes" >/dev/null
until [ "$(curl -sf "$api/stats" | jq .agents.pending)" -lt 100 ]; do
	curl -sf -X DELETE "$api/assignments/a-none" >/dev/null || true
done
cursor=
for _ in $(seq 300); do
	page=$(curl -sf "$api/check?limit=200&cursor=$cursor")
	cursor=$(echo "$page" | jq -r '.next_cursor // ""')
	[ -n "$cursor" ] || break
done
kill "$(cat "$dir/wrk.pid")" 2>/dev/null || true
preempted=$(($(switches) - preempted))

for file in "$build"/lua/*.lua; do
	printf '%s %s\n' "$(sha1sum "$file" | cut -d' ' -f1)" "$(basename "$file" .lua)"
done | jq -R 'split(" ") | {(.[0]): .[1]}' | jq -s add >"$dir/names.json"
calls=$(cli info commandstats | tr -d '\r' | sed -n 's/^cmdstat_evalsha:calls=\([0-9]*\),.*/\1/p')
cli --json slowlog get -1 | jq -r --slurpfile names "$dir/names.json" --argjson most "$most_ms" \
	--argjson calls "$calls" --argjson preempted "$preempted" --argjson nodes "$nodes" \
	--argjson agents "$agents" --arg moved "$(jq -r .moved "$dir/left")" '
	($names[0]) as $name
	| map({ name: ($name[.[3][1]] // .[3][0]), ms: (.[2] / 1000), script: (.[3][0] | ascii_downcase | startswith("eval")) })
	| map(select(.script)) as $scripts
	| ($scripts | max_by(.ms) // { name: "none", ms: 0 }) as $longest
	| ($scripts | group_by(.name) | map({ name: .[0].name, ms: (map(.ms) | max), over_1_ms: length }) | sort_by(-.ms)) as $by_name
	| "\($nodes) nodes, \($agents) agents, \($moved) moved by the one that left, \($calls) scripts",
	  ($by_name[] | "  \(.name): longest \(.ms) ms, \(.over_1_ms) over 1 ms"),
	  "  of other commands \(map(select(.script | not)) | map(.ms) | max // 0) ms; Redis was put aside \($preempted) times",
	  "longest \({ script: $longest.name, ms: $longest.ms, over: ($scripts | map(select(.ms > $most)) | length), most_ms: $most } | tojson)"' |
	tee "$dir/result"
grep -q '"over":0' "$dir/result"
