# shellcheck shell=sh disable=SC2034,SC2154
# The body of the table: every row, raw and by HTTP in turn, in each shape, at each number of nodes, with each
# number of agents standing. Every round leaves the cluster as it found it.
# Wants $ops (operations of a row in a round), $rounds, $orphans (agents of the node that dies), and for each
# SHAPE $nodes_SHAPE and $agents_SHAPE, lists of numbers, the agents in ascending order.

pair() { # ROW LETTER REQUESTS: the raw ids begin with LETTER
	measure "$1" raw raw "$1" "$2" -n "$3"
	measure "$1" http request "$1" -n "$3"
}

assign_and_release() {
	pair assign r "$ops"
	read_all
	pair release r "$ops"
}

read_all() {
	whom=h known=$ops
	[ "$agents" -eq 0 ] || whom=a known=$agents
	pair lookup "$whom" "$ops"
	pair heartbeat n "$ops"
	even_usage $((nodes < ops ? nodes : ops))
	pair nodes_page - $((ops / 50))
	pair agents_page - $((ops / 50))
	for row in stats leader balance; do pair "$row" - "$ops"; done
}

# Figures of a raw batch row, whose script may do fewer items of a call than it was sent.
raw_batch() { # ROW LETTER REQUESTS
	standing=$(get stats | jq .agents.assigned)
	batch_figures=$(raw "$1" "$2" -n "$3") || return 1
	echo "{$batch_figures}" | jq -c --argjson moved "$(get stats | jq "(.agents.assigned - $standing) | fabs")" \
		'.per_s *= $moved / .ops | .ops = $moved' | tr -d '{}'
}

assign_and_release_batches() {
	batches=$(((ops * 2 + BATCH - 1) / BATCH))
	batched=$((batches * BATCH))
	calls_of_release=$((batched / $(items_in release_batch)))
	released=$((calls_of_release * $(items_in release_batch)))
	measure assign_batch http request assign_batch -n $batches
	measure release_batch raw raw_batch release_batch h $calls_of_release
	raw_quiet release h $released $((batched - released))
	measure assign_batch raw raw_batch assign_batch r $((batched / $(items_in assign_batch)))
	request release_batch -n $batches -i '"r-%r"' -x results >/dev/null # it is not known which were placed
	request assign_batch -n $batches >/dev/null
	measure release_batch http request release_batch -n $batches
}

register_and_leave() {
	pair register y $((ops / 2))
	pair leave y $((ops / 2))
}

grid_round() {
	use_indexes
	assign_and_release
	assign_and_release_batches
	register_and_leave
	check_indexes
}

# Compares the API's statistics with what there should be. If the state is small, has the API check all of it.
check_state() {
	said=$(get stats | jq -r '"\(.nodes.total) \(.nodes.healthy) \(.agents.assigned) \(.agents.pending)"')
	[ "$said" = "$nodes $nodes $agents 0" ] || fail "in the end there are $said nodes, healthy nodes, agents and pending agents, and not $nodes, $nodes, $agents and 0"
	[ $((nodes + agents)) -le 20000 ] || return 0
	cursor=
	while :; do
		page=$(get "check?limit=200${cursor:+&cursor=$cursor}")
		[ "$(echo "$page" | jq '.violations | length')" -eq 0 ] || fail "check: $page"
		cursor=$(echo "$page" | jq -r '.next_cursor // "" | @uri')
		[ -n "$cursor" ] || break
	done
}

# A node with many agents dies. The time is the one between two events: the node is declared offline, the
# last of its agents is placed elsewhere. The processor time includes what Redis does besides.
sweep() {
	round=1 dead=z-000000000000
	raw_quiet register z 0 1
	# It has reported no usage yet, so it is the least loaded of the nodes that offer s0.
	echo s0 >"$lists/orphans"
	raw assign s -l "$lists/orphans" -n "$orphans" >/dev/null
	[ "$(cli hget "${prefix}node:$dead" active_agents)" = "$orphans" ] || fail 'some agents are not on the node that is to die'
	since=$(cli xrevrange "${prefix}events" + - count 1 | head -n 1)
	redis_ns=$(cpu_ns "$redis_pid") front_ns=$(cpu_ns "$front_pid")
	cli del "${prefix}heartbeat:$dead" >/dev/null
	cli zadd "${prefix}deadlines" xx 1 "$dead" >/dev/null
	until_true is_given_up "$dead"
	until_true cli_says '^0$' hget "${prefix}node:$dead" active_agents
	redis_ns=$(($(cpu_ns "$redis_pid") - redis_ns)) front_ns=$(($(cpu_ns "$front_pid") - front_ns))
	cli --json xrange "${prefix}events" "($since" + >"$dir/sweep.json"
	figures=$(jq -r --argjson orphans "$orphans" '
		def ms: .[0] | split("-")[0] | tonumber;
		(map(select(.[1] | index("node.offline"))) | first | ms) as $start |
		map(select(.[1] | index("agent.moved"))) | select(length == $orphans) | (last | ms) - $start |
		[., 1] | max | "\"ops\":\($orphans),\"seconds\":\(. / 1000),\"per_s\":\($orphans * 1000 / .)"' "$dir/sweep.json")
	[ -n "$figures" ] || fail 'sweep: not all agents were moved'
	emit_row sweep http "\"redis_ns\":$redis_ns,\"front_ns\":$front_ns,$figures"
	raw_quiet release s 0 "$orphans"
	raw_quiet leave z 0 1
}
cli_says() { # PATTERN COMMAND...
	pattern=$1
	shift
	cli "$@" | grep -q "$pattern"
}
# A new leader waits before it declares nodes dead. Then an operator has to confirm that this one is.
is_given_up() { # NODE
	! cli_says . zscore "${prefix}suspects" "$1" || post hold '{"action":"confirm_dead"}'
	cli_says offline hget "${prefix}node:$1" status
}

grid_size() {
	start_redis redis
	populate_nodes "$nodes"
	start_musterd musterd "unix://$socket"
	use_indexes
	standing_agents=0
	for agents in $1; do
		say "$shape: $nodes nodes, $agents agents"
		populate_agents "$standing_agents" "$agents"
		standing_agents=$agents
		wait_quiet
		for round in $(seq "$rounds"); do grid_round; done
		sweep
		check_state
	done
	stop musterd
	stop redis
}

grid() {
	section=grid
	for shape in $shapes; do
		use_shape "$shape"
		eval "grid_nodes=\$nodes_$shape grid_agents=\$agents_$shape"
		for nodes in $grid_nodes; do grid_size "$grid_agents"; done
	done
}
