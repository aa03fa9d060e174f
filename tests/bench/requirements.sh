#!/bin/sh
# What requirements cost Redis.
# cost: a placement without requirements, with one label, with resources, spread over zones (max_skew 1, one
#   group) and one replica per zone (groups of three): instructions of redis-server, counted by callgrind and
#   without start-up; microseconds of the script; bytes of memory per agent. One request at a time.
# longest: how long the longest script holds Redis on a large cluster, for requests that are hard: each is sent
#   many times, and Redis' slow log tells the longest one.
# usage: tests/bench/requirements.sh [BUILD_DIR]
# ONLY: one part, cost or longest. SIZES (10 1000 10000): numbers of nodes for cost. NODES (10000), GROUP
# (100000): nodes, and agents in one group, for longest. CALLS (300): requests of a kind. MOST_MS (5): the exit
# status is 1 if a script took longer. QUICK=1: small sizes, to see that all of it works.
# As root, Redis runs ahead of all other processes meanwhile. How often it was put aside all the same shows what the
# machine has added.
# shellcheck disable=SC2034,SC2154
set -eu
build=${1:-build}
here=$(dirname "$0")
if [ -n "${QUICK:-}" ]; then sizes='10 200' nodes=1000 group=2000 calls=40; fi
sizes=${SIZES:-${sizes:-10 1000 10000}}
nodes=${NODES:-${nodes:-10000}}
group=${GROUP:-${group:-100000}}
calls=${CALLS:-${calls:-300}}
most_ms=${MOST_MS:-5}
kinds='plain label resources spread replicas'
clients=1
dir=$(mktemp -d)
lines=$dir/lines
. "$here/lib.sh"
begin_all

# The nodes: "arch" has two values, "side" the same two parts of the nodes, "pool" a hundred values, and "host"
# another one on each node. There are ten zones, or ZONES.
write_nodes() { # NUMBER
	seq "$1" | awk -v zones="${ZONES:-10}" '{
		printf "{\"id\":\"n%d\",\"ip_address\":\"10.0.0.1\",\"max_agents\":1000000,\"zone\":\"z%d\",", $1, $1 % zones
		printf "\"labels\":{\"arch\":\"%s\",\"side\":\"%s\",\"host\":\"h%d\",\"pool\":\"p%d\"},",
			$1 % 2 ? "arm64" : "amd64", $1 % 2 ? "left" : "right", $1, int($1 / 2) % 100
		printf "\"resources\":{\"gpu\":%d}}\n", 1000 + $1 % 10 * 1000
	}' >"$dir/nodes"
}

# Sends a request for each line of the file, at most NUMBER.
send() { # FILE STATUS FIRST NUMBER PATH OPTION...
	send_list=$1 send_status=$2 send_first=$3 send_number=$4 send_path=$5
	shift 5
	load -a "$port" -X POST -e "$send_status" -l "$send_list" -b %s -f "$send_first" -n "$send_number" "$@" \
		"$api/$send_path" >"$dir/load.log" || fail "$send_path: $(cat "$dir/load.log")"
}

# The bodies of requests of a kind, with agents KIND-1 and so on.
write_requests() { # KIND NUMBER
	seq "$2" | awk -v kind="$1" '{
		want["plain"] = ""
		want["label"] = ",\"labels\":{\"arch\":\"arm64\"}"
		want["resources"] = ",\"resources\":{\"gpu\":1}"
		want["spread"] = ",\"group\":\"g\",\"spread\":{\"by\":\"zone\",\"max_skew\":1}"
		want["replicas"] = sprintf(",\"group\":\"r%d\",\"spread\":{\"by\":\"zone\",\"max\":1}", int($1 / 3))
		printf "{\"agent_id\":\"%s-%d\"%s}\n", kind, $1, want[kind]
	}' >"$dir/requests"
}

start_cluster() { # NODES
	start_redis redis --hz 1
	cli set "${prefix}lease" 'another nonce 1' px 3600000 >/dev/null
	start_musterd musterd "unix://$socket"
	write_nodes "$1"
	clients=16
	send "$dir/nodes" 201 0 "$1" nodes
	clients=1
	post assignments '{"agent_id":"warm"}' >/dev/null
}
stop_cluster() {
	stop musterd
	stop redis
}

# Instructions per placement: the difference between a long and a short run.
count_instructions() { # KIND
	write_requests "$1" 260
	counted "$redis_pid" >/dev/null
	send "$dir/requests" 201 0 10 assignments
	few_counted=$(counted "$redis_pid")
	send "$dir/requests" 201 10 250 assignments
	echo $((($(counted "$redis_pid") - few_counted * 25) / 250 + few_counted / 10))
}

used_memory() { cli info memory | tr -d '\r' | sed -n 's/^used_memory:\([0-9]*\)$/\1/p'; }

# Microseconds of the script, and bytes, per placement.
measure_placements() { # KIND
	write_requests "$1" 2100
	send "$dir/requests" 201 0 100 assignments
	memory=$(used_memory)
	cli config resetstat >/dev/null
	send "$dir/requests" 201 100 2000 assignments
	script_stat | awk -v bytes=$((($(used_memory) - memory) / 2000)) '{ printf "%.1f %d\n", $2 / $1, bytes }'
}

measure_cost() {
	printf '%-6s %-10s %12s %8s %8s\n' nodes requires instructions us bytes
	for size in $sizes; do
		redis_under="$callgrind --instr-atstart=no"
		start_cluster "$size"
		callgrind_control --instr=on "$redis_pid" >/dev/null 2>&1
		for kind in $kinds; do count_instructions "$kind" >"$dir/count_of_$kind"; done
		stop_cluster
		redis_under=
		start_cluster "$size"
		for kind in $kinds; do
			figures=$(measure_placements "$kind")
			# shellcheck disable=SC2086 # two figures
			printf '%-6s %-10s %12d %8s %8s\n' "$size" "$kind" "$(cat "$dir/count_of_$kind")" $figures
		done
		stop_cluster
	done
}

# Sends a hard request many times. %d in WANT is a number of a node and %z of a zone, other ones in each request.
hard() { # NAME STATUS WANT
	seq "$calls" | awk -v name="$1" -v want="$3" -v nodes="$nodes" '{
		text = want
		gsub(/%d/, $1 * 37 % nodes + 1, text)
		gsub(/%z/, $1 * 37 % 500, text)
		printf "{\"agent_id\":\"%s-%d\"%s}\n", name, $1, text
	}' >"$dir/requests"
	cli slowlog reset >/dev/null
	preempted=$(switches)
	send "$dir/requests" "$2" 0 "$calls" assignments
	cli --json slowlog get -1 | jq -r --arg name "$1" --argjson most "$most_ms" \
		--argjson preempted $(($(switches) - preempted)) '
		map(select(.[3][0] | ascii_downcase | startswith("eval")) | .[2] / 1000) | sort |
		"\(if max > $most then "OVER " else "" end)\($name): longest \(max) ms, median \(.[length / 2 | floor]) ms of \(length) scripts; put aside \($preempted) times"'
}

measure_longest() {
	ZONES=500
	start_cluster "$nodes"
	clients=4
	# A group with very many agents, and one that has an agent on each node.
	seq "$group" | sed 's/.*/{"agent_id":"big-&","group":"big"}/' >"$dir/big"
	load -a "$port" -X POST -l "$dir/big" -k 1000 -i %s -n $((group / 1000)) -b '{"agents":[%*]}' -x '"failed":0' \
		"$api/assignments/batch" >"$dir/load.log" || fail "$(cat "$dir/load.log")"
	seq "$nodes" | sed 's/.*/{"agent_id":"each-&","group":"each","spread":{"by":"node","max":1}}/' >"$dir/each"
	send "$dir/each" 201 0 "$nodes" assignments
	# Half of the nodes have one agent more than the others, which come first for everybody.
	seq "$nodes" | sed 's/.*/{"agent_id":"half-&","labels":{"arch":"arm64"}}/' >"$dir/half"
	send "$dir/half" 201 0 $((nodes / 2)) assignments
	clients=1
	cli config set slowlog-log-slower-than 0 slowlog-max-len 100000 >/dev/null
	echo "$nodes nodes, 500 zones, $group agents in a group"
	hard unique-label 201 ',"labels":{"host":"h%d"}'
	hard unknown-label 409 ',"labels":{"host":"x%d"}'
	hard crowded-label 201 ',"labels":{"arch":"arm64"}'
	hard one-zone 201 ',"zones":["z%z"]'
	hard empty-conjunction 409 ',"labels":{"arch":"arm64","side":"right"}'
	hard refused-all 409 ',"labels":{"arch":"arm64"},"exclude_node_ids":["n1"],"resources":{"gpu":100000}'
	hard spread-zones 201 ',"group":"s","spread":{"by":"zone","max_skew":1}'
	hard spread-big 201 ',"group":"big","spread":{"by":"zone","max_skew":1}'
	hard spread-big-label 201 ',"group":"big","spread":{"by":"label:pool","max_skew":1}'
	hard spread-big-node 201 ',"group":"big","spread":{"by":"node","max_skew":1}'
	hard spread-host 201 ',"group":"h","spread":{"by":"label:host","max":1}'
	hard full-spread 409 ',"group":"each","spread":{"by":"node","max":1}'
	hard no-resource 409 ',"resources":{"gpu":1000000}'
	hard much-resource 201 ',"resources":{"gpu":1},"strategy":"random"'
	hard by-lot 201 ',"labels":{"arch":"arm64"},"strategy":"random"'
	hard explained 200 ',"labels":{"arch":"arm64"},"dry_run":true,"explain":true'
	hard preferred 201 ',"group":"each","spread":{"by":"node","max":1,"prefer":true}'
	stop_cluster
}

case ${ONLY:-all} in cost | all) measure_cost ;; esac
case ${ONLY:-all} in longest | all)
	redis_first
	measure_longest | tee "$dir/result"
	if grep '^OVER' "$dir/result" >/dev/null; then exit 1; fi
	;;
esac
