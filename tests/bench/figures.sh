# shellcheck shell=sh disable=SC2034,SC2154
# The figures that have a target and are not in the grid. What is compared is measured by turns: two
# sizes are two Redis servers with a front-end each, of which one is idle.
# Wants what grid.sh wants, and $quick.

start_stand() { # NAME NODES REDIS_OPTION...: a Redis, its nodes, and a front-end NAME-front
	stand=$1 nodes=$2
	shift 2
	start_redis "$stand" "$@"
	populate register n 0 "$nodes"
	populate heartbeat n 0 "$nodes"
	start_musterd "$stand-front" "unix://$socket"
	warm_index
	wait_quiet
}

use_stand() { # NAME NODES
	socket=$dir/$1.sock redis_pid=$(cat "$dir/$1.pid")
	front_pid=$(cat "$dir/$1-front.pid") port=$(port_of "$1-front")
	nodes=$2
}

stop_stand() { # NAME
	stop "$1-front"
	stop "$1"
}

compare_sizes() {
	section=sizes agents=0
	say "sizes by turns: $small, $middle and $large nodes"
	start_stand small "$small"
	start_stand middle "$middle"
	start_stand large "$large"
	for round in $(seq $((rounds * 2))); do
		for size in small large; do
			use_stand $size "$(eval "echo \$$size")"
			note_events
			pair assign "$ops" 2147483647
			release_raw
			release_http "$ops"
			measure heartbeat http request heartbeat -n "$ops"
		done
		for row in stats leader balance; do
			for size in small middle; do
				use_stand $size "$(eval "echo \$$size")"
				measure $row http request $row -n "$ops"
			done
		done
	done
	for size in small middle large; do
		use_stand $size "$(eval "echo \$$size")"
		check_state
		stop_stand $size
	done
}

memory() { cli info memory | tr -d '\r' | sed -n 's/^used_memory://p'; }

# A million agents on NODES nodes, in batches where there are any; and what each takes of memory.
fill() {
	section=fill agents=0 round=1
	say "$many agents on $1 nodes"
	start_stand fill "$1"
	bytes=$(memory)
	if has_batches; then
		clients=4 measure assign_batch http request assign_batch -n $((many / BATCH))
	else
		populate assign h 0 "$many"
	fi
	agents=$many
	emit "\"section\":\"memory\",\"nodes\":$nodes,\"agents\":$agents,\"bytes\":$(($(memory) - bytes)),\"events_bytes\":$(cli memory usage "${prefix}events")"
	check_state
	if has_batches; then
		clients=4 measure release_batch http request release_batch -n $((many / BATCH))
		agents=0
		check_state
	fi
	stop_stand fill
}

# The latency at half of the rate that the same run has reached at most.
latency() {
	section=latency agents=0
	say 'latency at half of the maximum'
	start_stand latency "$middle"
	for round in $(seq "$rounds"); do
		measure assign http request assign -n $((ops * 2))
		most=$(tail -n 1 "$lines" | jq .per_s)
		release_http $((ops * 2))
		measure assign half request assign -n $((ops * 2)) -r "$(echo "$most" | awk '{ print $1 / 2 }')"
		release_http $((ops * 2))
	done
	check_state
	stop_stand latency
}

# Instructions of the front-end per request beside those of a bare server, one line each.
instructions() {
	say 'instructions'
	REQUESTS=${quick:+200} OPERATIONS='assign lookup heartbeat' timeout 900 "$here/instructions.sh" "$build" >"$dir/instructions" || fail 'instructions.sh'
	while read -r name count _; do
		emit "\"section\":\"instructions\",\"row\":\"$name\",\"count\":$count"
	done <"$dir/instructions"
}

# The longest script while everything happens at once. longest.sh fails where it misses its target,
# which here is a figure that says NO; where it has none, the measurement has failed.
longest() {
	say 'the longest script'
	NODES=$middle AGENTS=$many BIG=$((many / 100)) timeout 900 "$here/longest.sh" "$build" >"$dir/longest" || true
	json=$(sed -n 's/^longest {\(.*\)}$/\1/p' "$dir/longest")
	[ -n "$json" ] || fail "longest.sh: $(cat "$dir/longest")"
	emit "\"section\":\"longest\",\"nodes\":$middle,\"agents\":$many,$json"
}

figures() {
	small=10 middle=10000 large=100000 many=1000000 fill_nodes=5000
	[ -z "$quick" ] || small=10 middle=500 large=1000 many=20000 fill_nodes=500
	compare_sizes
	fill "$fill_nodes"
	fill $((many / 100))
	latency
	instructions
	longest
}
