#!/bin/sh
# usage: tests/browser/top.sh (from the top of the tree, after `make`)
# Writes the output of `muster top` for a running cluster between the two marker lines of README.md.
set -eu
dir=$(mktemp -d)
pid=''
clean_up() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	wait
	rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

bin/musterd -dev -port 0 -data-dir "$dir/data" -cluster node-1 -max-agents 40 -heartbeat-ttl 1h \
	2>"$dir/log" &
pid=$!
until port=$(sed -n 's/.*listens on http:[^ ]*:\([0-9]*\),.*/\1/p' "$dir/log") && [ -n "$port" ] &&
	curl -sf "localhost:$port/api/cluster/nodes/node-1" >/dev/null; do :; done
url=localhost:$port/api/cluster
for i in 1 2 3 4; do
	curl -sf --json "{\"id\":\"edge-$i\",\"ip_address\":\"10.0.0.$i\",\"port\":9000,\"max_agents\":$((i * 10))}" \
		"$url/nodes" >/dev/null
	curl -sf --json "{\"cpu_usage\":$((i * 17)),\"memory_usage\":$((20 + i * 9)),\"disk_usage\":40,\"load_average\":$i}" \
		"$url/nodes/edge-$i" >/dev/null
done
for i in $(seq 60); do
	curl -sf --json "{\"agent_id\":\"session-$i\"}" "$url/assignments" >/dev/null
done
curl -sf --json '{"status":"draining"}' "$url/nodes/edge-4" >/dev/null
{ printf '```\n'; NO_COLOR=1 bin/muster top -once -addr "http://localhost:$port"; printf '```\n'; } >"$dir/top"
awk -v top="$dir/top" '
	/^<!-- muster top: end -->/ { skip = 0 }
	!skip { print }
	/^<!-- muster top: begin -->/ { skip = 1; while ((getline line < top) > 0) print line }
' README.md >"$dir/README.md"
cat "$dir/README.md" >README.md
