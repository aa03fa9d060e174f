#!/bin/sh
# How long the longest script holds Redis while the strategy is switched on a live cluster: agents
# are placed all the while, and each switch builds the index of another strategy from nothing.
# usage: tests/bench/switching.sh [BUILD_DIR]
# NODES: how many (10000). ROUNDS: through all five strategies (4).
set -eu
build=${1:-build}
nodes=${NODES:-10000}
rounds=${ROUNDS:-4}
dir=$(mktemp -d)
clean_up() {
	for file in "$dir"/*.pid; do kill "$(cat "$file")" 2>/dev/null || true; done
	wait
	rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

redis-server --port 0 --unixsocket "$dir/redis.sock" --save '' --dir "$dir" >"$dir/redis.log" &
echo $! >"$dir/redis.pid"
cli() { redis-cli -s "$dir/redis.sock" "$@"; }
until cli ping >/dev/null 2>&1; do :; done

"$build/musterd" -port 0 -redis "unix://$dir/redis.sock" -namespace bench 2>"$dir/musterd.log" &
echo $! >"$dir/musterd.pid"
until port=$(sed -n 's/.*listens on http:[^ ]*:\([0-9]*\),.*/\1/p' "$dir/musterd.log") &&
	[ -n "$port" ] && curl -sf "localhost:$port/readyz" >/dev/null; do :; done

register=$(cli -x script load <"$build/lua/node_register.lua")
seq "$nodes" | awk -v sha="$register" '{ print "EVALSHA " sha " 1 muster:{bench}: n" $1 " n" $1 \
	" 10.0.0.1 0 worker 1000000 \"\" \"\" \"\" 100 3600000" }' | cli >/dev/null

cat >"$dir/post.lua" <<'LUA'
local n = 0
function request()
	n = n + 1
	return wrk.format("POST", "/api/cluster/assignments",
		{ ["Content-Type"] = "application/json" }, '{"agent_id":"a-' .. n .. '"}')
end
LUA
cli config set slowlog-log-slower-than 1000 slowlog-max-len 100000 >/dev/null
cli slowlog reset >/dev/null
wrk -t1 -c8 -d600s -s "$dir/post.lua" "http://127.0.0.1:$port" >"$dir/wrk.log" &
echo $! >"$dir/wrk.pid"
placed() { cli hget 'muster:{bench}:totals' assigned; }
until [ "$(placed)" -gt 0 ] 2>/dev/null; do :; done
before=$(placed)
switches=0
for _ in $(seq "$rounds"); do
	for name in round_robin least_agents random weighted least_loaded; do
		curl -sf --json "{\"strategy\":\"$name\"}" "localhost:$port/api/cluster/balance" >/dev/null
		switches=$((switches + 1))
		# Only the cluster's own index stays, so that the next round builds the others again.
		for other in round_robin least_agents random weighted least_loaded; do
			[ "$other" = "$name" ] || cli del "muster:{bench}:placement:$other:worker/" >/dev/null
		done
		cli hset 'muster:{bench}:settings' indexes "$name" >/dev/null
	done
done
after=$(placed)
# What the machine itself adds shows in commands that cost nothing, such as an EXISTS.
cli --json slowlog get -1 | jq -r --argjson nodes "$nodes" --argjson switches "$switches" \
	--argjson placed "$((after - before))" '
	def scripts: map(select(.[3][0] | ascii_upcase | startswith("EVAL")));
	def longest: (map(.[2]) | max // 0) / 1000;
	"\($nodes) nodes, \($switches) switches, \($placed) agents placed meanwhile",
	"scripts over 1 ms: \(scripts | length), over 5 ms: \(scripts | map(select(.[2] > 5000)) | length)",
	"the longest script: \(scripts | longest) ms; of other commands: \(. - scripts | longest) ms"'
