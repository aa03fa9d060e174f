# shellcheck shell=sh disable=SC2034,SC2154,SC2120
# The table's body: every row, raw and through HTTP by turns, at each number of nodes with each
# number of agents standing. After every round all is as before.
# Wants: $ops (of a row in a round), $rounds, $nodes_list, $agents_list (ascending).

learn_all() {
	for row in $ROWS leave; do learn "$row"; done
	if has_batches; then
		for row in $BATCH_ROWS; do learn "$row"; done
	fi
	cli flushall >/dev/null
}

pair() { # ROW REQUESTS RANGE
	measure "$1" raw raw "$1" "$2" "$3"
	measure "$1" http request "$1" -n "$2"
}

assign_and_release() { # "" | _batch, REQUESTS
	note_events
	pair "assign$1" "$2" 2147483647
	[ -n "$1" ] || read_all
	measure "release$1" http request "release$1" -n "$2"
	ids agent_id r
	measure "release$1" raw raw_each "release$1"
	left=$(($(wc -l <"$dir/ids") % $(counts_in "release$1")))
	[ "$left" -gt 0 ] || return 0
	tail -n "$left" "$dir/ids" >"$dir/left" && mv "$dir/left" "$dir/ids"
	raw_each release >/dev/null
}

read_all() {
	whom=h known=$ops
	[ "$agents" -eq 0 ] || whom=a known=$agents
	pair lookup "$ops" "$known"
	pair heartbeat "$ops" "$nodes"
	pair nodes_page $((ops / 50)) 1
	pair agents_page $((ops / 50)) 1
	for row in stats leader balance; do pair "$row" "$ops" 1; done
}

register_and_leave() {
	note_events
	pair register $((ops / 2)) 2147483647
	for letter in r x; do
		ids node_id $letter
		raw_each leave >/dev/null
	done
}

grid_round() {
	assign_and_release '' "$ops"
	! has_batches || assign_and_release _batch $(((ops * 2 + BATCH - 1) / BATCH))
	register_and_leave
}

# The API's own figures, and where the state is small, its check of all records.
check_state() {
	said=$(get stats | jq -r '"\(.nodes.total) \(.nodes.healthy) \(.agents.assigned) \(.agents.pending)"')
	[ "$said" = "$nodes $nodes $agents 0" ] || fail "after all there are $said: nodes, healthy, agents, pending; expected $nodes and $agents"
	[ $((nodes + agents)) -le 20000 ] || return 0
	cursor=
	while :; do
		page=$(get "check?limit=200&cursor=$cursor")
		[ "$(echo "$page" | jq '.violations | length')" -eq 0 ] || fail "check: $page"
		cursor=$(echo "$page" | jq -r '.next_cursor // "" | @uri')
		[ -n "$cursor" ] || break
	done
}

# A node with a thousand agents dies. The time is that of the events, from its being declared
# offline to the last agent placed; the processor time includes what Redis does besides.
sweep() {
	round=1
	eval "set -- $(sed 's/[a-z]-COUNT/dead/g' "$dir/call.register")"
	cli "$@" >/dev/null
	seq -f s-%012.0f 1 "$orphans" >"$dir/ids"
	raw_each assign >/dev/null
	[ "$(cli hget "${prefix}node:dead" active_agents)" = "$orphans" ] || fail 'the node has other agents than it was given'
	note_events
	redis_ns=$(cpu_ns "$redis_pid") front_ns=$(cpu_ns "$front_pid")
	cli del "${prefix}heartbeat:dead" >/dev/null
	cli zadd "${prefix}deadlines" xx 1 dead >/dev/null
	until_true is_given_up dead
	until_true cli_says '^0$' hget "${prefix}node:dead" active_agents
	redis_ns=$(($(cpu_ns "$redis_pid") - redis_ns)) front_ns=$(($(cpu_ns "$front_pid") - front_ns))
	cli --json xrange "${prefix}events" "($since" + >"$dir/sweep.json"
	figures=$(jq -r --argjson orphans "$orphans" '
		def ms: .[0] | split("-")[0] | tonumber;
		(map(select(.[1] | index("node.offline"))) | first | ms) as $start |
		map(select(.[1] | index("agent.moved"))) | select(length == $orphans) | (last | ms) - $start |
		[., 1] | max | "\"ops\":\($orphans),\"seconds\":\(. / 1000),\"per_s\":\($orphans * 1000 / .)"' "$dir/sweep.json")
	[ -n "$figures" ] || fail 'sweep: not all agents have moved'
	emit_row sweep http "\"redis_ns\":$redis_ns,\"front_ns\":$front_ns,$figures"
	seq -f s-%012.0f 1 "$orphans" >"$dir/ids"
	raw_each release >/dev/null
	echo dead >"$dir/ids"
	raw_each leave >/dev/null
}
cli_says() { # PATTERN COMMAND...
	pattern=$1
	shift
	cli "$@" | grep -q "$pattern"
}
# Where the leader gives everybody time yet, as a new one does, an operator has to say that it is dead.
is_given_up() { # NODE
	! cli_says . zscore "${prefix}suspects" "$1" || post hold '{"action":"confirm_dead"}'
	cli_says offline hget "${prefix}node:$1" status
}

grid() {
	section=grid
	for nodes in $nodes_list; do
		start_redis redis
		populate register n 0 "$nodes"
		populate heartbeat n 0 "$nodes"
		start_musterd musterd "unix://$socket"
		warm_index
		standing=0
		for agents in $agents_list; do
			say "$nodes nodes, $agents agents"
			populate_agents "$standing" "$agents"
			standing=$agents
			wait_quiet
			for round in $(seq "$rounds"); do grid_round; done
			sweep
			check_state
		done
		stop musterd
		stop redis
	done
}
