# shellcheck shell=sh disable=SC2034,SC2154
# The figures that have a target and are not in the grid. Where two sizes are compared, each has a Redis and a
# front-end of its own, and the sizes are measured in turns while the other is idle.
# Wants what grid.sh wants, and $quick.

# Starts a Redis and a front-end NAME-front, and registers the nodes.
start_stand() { # NAME NODES REDIS_OPTION...
	stand=$1 nodes=$2
	shift 2
	start_redis "$stand" "$@"
	populate_nodes "$nodes"
	start_musterd "$stand-front" "unix://$socket"
	use_indexes
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
	say "$shape: $small, $middle and $large nodes in turns"
	start_stand small "$small"
	start_stand middle "$middle"
	start_stand large "$large"
	for round in $(seq $((rounds * 2))); do
		for size in small large; do
			use_stand $size "$(eval "echo \$$size")"
			use_indexes
			pair assign r "$ops"
			raw_quiet release r 0 "$ops"
			request release -n "$ops" >/dev/null
			measure heartbeat http request heartbeat -n "$ops"
			even_usage $((nodes < ops ? nodes : ops))
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

# Places agents in batches, and measures how much memory each takes.
fill() { # NODES AGENTS
	section=fill agents=0 round=1
	say "$shape: $2 agents on $1 nodes"
	start_stand fill "$1"
	bytes=$(memory)
	clients=4 measure assign_batch http request assign_batch -n $(($2 / BATCH))
	agents=$2
	emit "\"section\":\"memory\",\"shape\":\"$shape\",\"nodes\":$nodes,\"agents\":$agents,\"bytes\":$(($(memory) - bytes)),\"events_bytes\":$(cli memory usage "${prefix}events")"
	check_state
	clients=4 measure release_batch http request release_batch -n $(($2 / BATCH))
	agents=0
	check_state
	stop_stand fill
}

# Latency at half of the highest rate, which is measured just before.
latency() {
	section=latency agents=0
	say "$shape: latency at half of the highest rate"
	start_stand latency "$middle"
	for round in $(seq "$rounds"); do
		measure assign http request assign -n $((ops * 2))
		highest=$(tail -n 1 "$lines" | jq .per_s)
		request release -n $((ops * 2)) >/dev/null
		measure assign half request assign -n $((ops * 2)) -r "$(echo "$highest" | awk '{ print $1 / 2 }')"
		request release -n $((ops * 2)) >/dev/null
	done
	check_state
	stop_stand latency
}

# The longest script while everything happens at once. longest.sh fails if the target is missed; here that is
# a figure that says NO. If longest.sh prints no figure, the run fails.
longest() {
	say "$shape: the longest script"
	SHAPE=$shape NODES=$middle AGENTS=$many BIG=$((many / 100)) timeout 900 "$here/longest.sh" "$build" >"$dir/longest" || true
	json=$(sed -n 's/^longest {\(.*\)}$/\1/p' "$dir/longest")
	[ -n "$json" ] || fail "longest.sh: $(cat "$dir/longest")"
	emit "\"section\":\"longest\",\"shape\":\"$shape\",\"nodes\":$middle,\"agents\":$many,$json"
}

# Instructions of the front-end for a request, beside those of a bare server.
front_instructions() {
	say 'instructions of the front-end'
	REQUESTS=${quick:+200} OPERATIONS='assign lookup heartbeat' timeout 900 "$here/instructions.sh" "$build" >"$dir/instructions" || fail 'instructions.sh'
	while read -r name count _; do
		emit "\"section\":\"instructions\",\"row\":\"$name\",\"count\":$count"
	done <"$dir/instructions"
}

# Instructions of Redis for an operation, with 16 in a call.
redis_instructions() {
	say 'instructions of Redis'
	# It fails if they are higher than the committed ones, but then it has printed them.
	CLIENTS=16 timeout 900 "$here/redis_instructions.sh" "$build" >"$dir/instructions" || [ -s "$dir/instructions" ] || fail 'redis_instructions.sh'
	sed 1d "$dir/instructions" | while read -r name shape clients _ count _; do
		emit "\"section\":\"redis_instructions\",\"shape\":\"$shape\",\"row\":\"$name\",\"clients\":$clients,\"count\":$count"
	done
}

figures() {
	small=10 middle=10000 large=100000 many=1000000 fill_nodes=5000
	[ -z "$quick" ] || small=10 middle=500 large=1000 many=20000 fill_nodes=500
	for shape in $shapes; do
		use_shape "$shape"
		compare_sizes
		fill "$fill_nodes" "$many"
		fill $((many / 100)) "$many"
		latency
		# In the small run one shape has to do, as this takes the longest.
		[ -n "$quick" ] && [ "$shape" = plain ] || longest
	done
	front_instructions
	[ -n "$quick" ] || redis_instructions
}
