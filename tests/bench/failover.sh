#!/bin/sh
# How long it takes to replace a dead leader, and to place the agents of a dead node elsewhere. Kills members
# with kill -9, one after the other, and prints the median and the maximum beside the promised bound.
# usage: tests/bench/failover.sh [BUILD_DIR]
# KILLS (20): of leaders, and of nodes. LEASE, TTL, GRACE: the options -lease-ttl, -heartbeat-ttl, -grace, in ms.
set -eu
build=${1:-build}
kills=${KILLS:-20}
lease=${LEASE:-1000}
ttl=${TTL:-1500}
grace=${GRACE:-500}
dir=$(mktemp -d)
clean_up() {
	for file in "$dir"/*.pid; do kill -9 "$(cat "$file")" 2>/dev/null || true; done
	wait
	rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

redis-server --port 0 --unixsocket "$dir/redis.sock" --save '' --dir "$dir" >"$dir/redis.log" &
echo $! >"$dir/redis.pid"

now() { date +%s%3N; }
port() { sed -n 's/.*listens on http:[^ ]*:\([0-9]*\),.*/\1/p' "$dir/$1.log"; }
get() { curl -sf "localhost:$(port "$1")/api/cluster/$2"; }
wait_for() { # COMMAND...: polls until it succeeds, for at most 30 s
	deadline=$(($(now) + 30000))
	until "$@"; do
		[ "$(now)" -lt "$deadline" ] || { echo "no $*" >&2; exit 1; }
	done
}
member() { # ID: starts a member and waits until it is healthy
	"$build/musterd" -port 0 -redis "unix://$dir/redis.sock" -cluster "$1" -max-agents 100 \
		-lease-ttl "${lease}ms" -heartbeat-ttl "${ttl}ms" -heartbeat-interval "$((ttl / 3))ms" \
		-grace "${grace}ms" 2>"$dir/$1.log" &
	echo $! >"$dir/$1.pid"
	wait_for is_healthy "$1"
}
is_healthy() { [ "$(port "$1")" ] && [ "$(get "$1" "nodes/$1" | jq .healthy)" = true ]; }
other() { [ "$1" = n1 ] && echo n2 || echo n1; }
leader() { get "$1" leader | jq -r .leader_id; }
is_led() { leader n1 >/dev/null; }
has_new_leader() { # WITNESS OLD
	id=$(leader "$1") && [ "$id" != "$2" ]
}
is_emptied() { # WITNESS NODE: all agents of NODE are on other nodes
	[ "$(get "$1" "assignments?node_id=$2" | jq .count)" = 0 ] &&
		[ "$(get "$1" stats | jq .agents.pending)" = 0 ]
}
summary() { # NAME BOUND
	sort -n "$dir/$1" | awk -v name="$1" -v bound="$2" '
		{ v[NR] = $1 }
		END {
			median = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
			printf "%-8s %5d %10.0f %9d %9d\n", name, NR, median, v[NR], bound
			exit v[NR] > bound
		}'
}

for id in n1 n2 n3; do member $id; done
wait_for is_led
printf '%-8s %5s %10s %9s %9s\n' killed times 'median ms' 'max ms' 'bound ms'
for _ in $(seq "$kills"); do
	old=$(leader n1) witness=$(other "$old")
	start=$(now)
	kill -9 "$(cat "$dir/$old.pid")"
	wait_for has_new_leader "$witness" "$old"
	echo $(($(now) - start)) >>"$dir/leader"
	member "$old"
done
summary leader $((lease + 1000))

for i in $(seq 60); do
	curl -sf --json "{\"agent_id\":\"a-$i\"}" "localhost:$(port n1)/api/cluster/assignments" >/dev/null
done
for _ in $(seq "$kills"); do
	old=n3 # not the leader, as only one of the two events is to be measured
	[ "$(leader n1)" != n3 ] || old=n2
	witness=$(other "$old")
	# Gives it some agents to lose. The other two nodes have room for all.
	while [ "$(get "$witness" "assignments?node_id=$old" | jq .count)" -lt 5 ]; do
		i=$((i + 1))
		curl -sf --json "{\"agent_id\":\"a-$i\",\"strategy\":\"least_agents\"}" \
			"localhost:$(port "$witness")/api/cluster/assignments" >/dev/null
	done
	start=$(now)
	kill -9 "$(cat "$dir/$old.pid")"
	wait_for is_emptied "$witness" "$old"
	echo $(($(now) - start)) >>"$dir/node"
	member "$old"
done
summary node $((ttl + grace + 1000))
