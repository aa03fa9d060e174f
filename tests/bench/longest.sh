#!/bin/sh
# How long the longest script holds Redis while everything happens at once on a large cluster: all operations
# by HTTP, a switch to every strategy, each of which builds an index from nothing, a node with thousands of
# agents that dies, one with as many that leaves, and a hundred more that die.
# usage: tests/bench/longest.sh [BUILD_DIR]
# NODES (10000), AGENTS (1000000): how many there are. BIG (10000): agents on each of the two large nodes.
# SHAPE (plain): with "classes" the nodes offer 8 different sets of services, and each agent asks for a service.
# MOST_MS (5): the exit status is 1 if a script took longer, or if something was not done.
# As root, Redis runs ahead of all other processes. The number of times that Redis was interrupted all the same, and
# the longest time of a command that costs nothing, such as EXISTS, show what the machine has added.
# shellcheck disable=SC2034,SC2154
set -eu
build=${1:-build}
here=$(dirname "$0")
nodes=${NODES:-10000}
agents=${AGENTS:-1000000}
big=${BIG:-10000}
most_ms=${MOST_MS:-5}
clients=4
dir=$(mktemp -d)
lines=$dir/lines
. "$here/lib.sh"
. "$here/rows.sh"

begin_all
redis_first
use_shape "${SHAPE:-plain}"
start_redis redis
start_musterd musterd "unix://$socket" -grace 500ms
until_true get leader

# Sends one request for each line of $dir/bodies.
create() { # PATH FIRST
	left=$(($(wc -l <"$dir/bodies") - $2))
	[ "$left" -le 0 ] ||
		load -a "$port" -X POST -e 201 -l "$dir/bodies" -b %s -f "$2" -n "$left" "$api/$1" >"$dir/load.log" || fail "$(cat "$dir/load.log")"
}
# Places agents NAME1 to NAMEn. In SERVICES, JSON for the end of the body, %d stands for a number below 8.
create_agents() { # NAME NUMBER SERVICES
	seq "$2" | awk -v item="{\"agent_id\":\"$1%d\"$3}\n" '{ printf item, $1, $1 % 8 }' >"$dir/bodies"
	batches=$(($2 / BATCH))
	[ $batches -eq 0 ] || load -a "$port" -X POST -l "$dir/bodies" -k "$BATCH" -i %s -n $batches \
		-b '{"agents":[%*]}' -x '"failed":0' "$api/assignments/batch" >"$dir/load.log" || fail "$(cat "$dir/load.log")"
	create assignments $((batches * BATCH))
}

# The large nodes get their agents first, while no other node offers what these want.
for large in dies leaves; do
	post nodes "{\"id\":\"$large\",\"services\":[\"$large\"],\"max_agents\":$big}" >/dev/null
	create_agents "$large-" "$big" ",\"services\":[\"$large\"]"
done
wanted='' offered='"dies","leaves"'
[ "$shape" = plain ] || wanted=',"services":["s%d"]' offered='"dies","leaves","'
seq "$nodes" | awk -v shape="$shape" -v offered="$offered" -v sets="$(tr '\n' ' ' <"$lists/offered.json")" '
	BEGIN { split(sets, set, " ") }
	{
		services = shape == "plain" ? offered : offered set[$1 % 8 + 1] "\""
		printf "{\"id\":\"n%d\",\"hostname\":\"host%d\",\"ip_address\":\"10.0.0.1\",\"zone\":\"z%d\",\"max_agents\":1000,\"services\":[%s]}\n", $1, $1, $1 % 8, services
	}' >"$dir/bodies"
create nodes 0
create_agents a $((agents - 2 * big)) "$wanted"
[ "$(get stats | jq .agents.assigned)" -eq "$agents" ] || fail "there are not $agents agents: $(get stats)"

# What goes on meanwhile: every operation that a client has.
cat >"$dir/mix.lua" <<'LUA'
local base, thread, n = "/api/cluster", 0, 0
function setup(t) t:set("id", thread) thread = thread + 1 end
local function post(path, body)
	return wrk.format("POST", base .. path, { ["Content-Type"] = "application/json" }, body)
end
local function get(path) return wrk.format("GET", base .. path) end
local function wanted(k)
	return SERVICES and ',"services":["s' .. k % 8 .. '"]' or ""
end
local kinds = {
	function(k) return post("/assignments", '{"agent_id":"w-' .. k .. '"' .. wanted(k) .. "}") end,
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
	function(k) return post("/assignments", '{"agent_id":"x-' .. k .. '","strategy":"round_robin"' .. wanted(k) .. "}") end,
}
local lists = { "/nodes?limit=1000", "/assignments?limit=1000", "/nodes?zone=none",
	"/nodes?status=offline&limit=1000", "/assignments?service=none&limit=1000", "/balance",
	"/assignments?node_id=n7&limit=1000", "/assignments?status=pending&limit=1000", "/hold", "/check?limit=200" }
-- Redis should not be busy all the time, as no machine gives a process all of a processor for long.
function delay() return 8 end
function request()
	n = n + 1
	local k = n * 16 + id
	if n % 200 == 0 then
		local ids = {}
		for i = 1, 1000 do
			ids[i] = '{"agent_id":"b-' .. k .. "-" .. i .. '"' .. wanted(i) .. "}"
		end
		return post("/assignments/batch", '{"agents":[' .. table.concat(ids, ",") .. "]}")
	elseif n % 40 == 0 then
		return get(lists[n / 40 % #lists + 1])
	end
	return kinds[n % #kinds + 1](k)
end
LUA
sed -i "s/NODES/$nodes/g; s/SERVICES/$([ "$shape" = plain ] && echo false || echo true)/" "$dir/mix.lua"
preempted=$(switches)
cli config set slowlog-log-slower-than 1000 slowlog-max-len 100000 >/dev/null
cli config resetstat >/dev/null
cli slowlog reset >/dev/null
start wrk wrk -t1 -c16 -d600s -s "$dir/mix.lua" "http://127.0.0.1:$port"
emptied() { [ "$(get "assignments?node_id=$1&limit=1" | jq .count)" = 0 ]; }
# Ends the heartbeats of nodes.
lapse() { # NODE...
	for id in "$@"; do
		printf 'DEL %sheartbeat:%s\r\nZADD %sdeadlines XX 1 %s\r\n' "$prefix" "$id" "$prefix" "$id"
	done | cli --pipe >"$dir/pipe.log"
}

lapse dies
for name in round_robin least_agents random weighted least_loaded; do
	post balance "{\"strategy\":\"$name\"}" >/dev/null
done
delete nodes/leaves >"$dir/left"
until emptied dies; do :; done
post hold '{"action":"enter"}' >/dev/null
# shellcheck disable=SC2046
lapse $(seq -f n%.0f 100)
until [ "$(get hold | jq .count)" != 0 ]; do :; done
post hold '{"action":"confirm_dead"}' >/dev/null
until emptied n1 && emptied n100 && [ "$(cli zcard "${prefix}evacuating")" = 0 ]; do :; done
post nodes '{"id":"later","services":["later"],"max_agents":1000000}' >/dev/null
until [ "$(get stats | jq .agents.pending)" -lt 100 ]; do :; done
cursor=
for _ in $(seq 300); do
	page=$(get "check?limit=200${cursor:+&cursor=$cursor}")
	cursor=$(echo "$page" | jq -r '.next_cursor // "" | @uri')
	[ -n "$cursor" ] || break
done
stop wrk
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
