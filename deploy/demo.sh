#!/bin/sh
# usage: deploy/demo.sh   ($MUSTERD: the musterd to run, by default bin/musterd)
#
# Runs a whole cluster, and shows and checks what it does: a private Redis, three members, two
# nodes that only use the REST API, 60 agents, six strategies, a node that is drained and a
# leader that is killed. Needs curl, jq, redis-server and redis-cli. Leaves no files or processes.
# shellcheck disable=SC2016  # a $ in single quotes belongs to jq
set -u

musterd=${MUSTERD:-$(dirname "$0")/../bin/musterd}
agents=60
max_agents=20
prefix='muster:{default}:'

# --- Output ---

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
	bold=$(printf '\033[1m') dim=$(printf '\033[2m') red=$(printf '\033[31m')
	green=$(printf '\033[32m') cyan=$(printf '\033[36m') plain=$(printf '\033[0m')
else
	bold='' dim='' red='' green='' cyan='' plain=''
fi

step=0
title() {
	step=$((step + 1))
	printf '\n%s%d. %s%s\n' "$bold" "$step" "$*" "$plain"
}

say() {
	printf '   %s\n' "$*"
}

show() {
	printf '   %s$ %s%s\n' "$dim" "$*" "$plain"
}

indent() {
	sed 's/^/     /'
}

# --- Clean-up ---

work=''
redis_pid=''
beat_pid=''
member_pids=''

clean_up() {
	trap '' INT TERM HUP PIPE
	trap - EXIT
	[ -n "$work" ] || return
	rm -f "$work/beating"
	for pid in $member_pids $redis_pid; do
		kill -9 "$pid" 2> /dev/null
	done
	for pid in $beat_pid $member_pids $redis_pid; do
		wait "$pid" 2> /dev/null
	done
	rm -rf "$work"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
trap 'exit 141' PIPE

die() {
	printf '\n%sFAILED%s  %s\n' "$red" "$plain" "$*" >&2
	[ -n "$work" ] || exit 1
	for log in "$work"/*.log; do
		[ -s "$log" ] || continue
		printf '\n%s:\n' "${log##*/}" >&2
		tail -n 10 "$log" | indent >&2
	done
	exit 1
}

# --- Checks ---

checks=0
ok() {
	checks=$((checks + 1))
	printf '   %sok%s  %s\n' "$green" "$plain" "$*"
}

# expect WHAT ACTUAL WANTED: fails unless the two are equal.
expect() {
	[ "$2" = "$3" ] || die "$1: expected '$3', got '$2'"
	ok "$1: $3"
}

# expect_jq WHAT FILTER [JQ-OPTION…]: fails unless the filter is true for the last reply.
expect_jq() {
	what=$1 filter=$2
	shift 2
	jq -e "$@" "$filter" "$work/reply" > /dev/null 2>&1 ||
		die "$what: not so in $(jq -c . "$work/reply" 2> /dev/null || cat "$work/reply")"
	ok "$what"
}

# until_true SECONDS WHAT COMMAND…: repeats the command until it succeeds.
until_true() {
	deadline=$(($(date +%s) + $1 + 1)) what=$2
	shift 2
	until "$@"; do
		[ "$(date +%s)" -lt "$deadline" ] || die "$what: not in time"
		sleep 0.05
	done
}

now_ms() {
	jq -n 'now * 1000 | floor'
}

# --- Requests ---

# Runs curl without ~/.curlrc and without a proxy.
http() {
	curl -q -sS --noproxy '*' --max-time 5 "$@" 2>> "$work/curl.log"
}

# call METHOD URL [BODY]: sets $code, and writes the body of the reply to $work/reply.
call() {
	: > "$work/reply"
	if [ $# -gt 2 ]; then
		code=$(http -o "$work/reply" -w '%{http_code}' -X "$1" -H 'Content-Type: application/json' \
			-d "$3" "$2")
	else
		code=$(http -o "$work/reply" -w '%{http_code}' -X "$1" "$2")
	fi
}

# must CODE METHOD URL [BODY]: like call; fails unless the reply has this status.
must() {
	wanted=$1
	shift
	call "$@"
	[ "$code" = "$wanted" ] || die "$1 $2: expected $wanted, got $code: $(cat "$work/reply")"
}

field() {
	jq -r "$1" "$work/reply"
}

# is URL FILTER [JQ-OPTION…]: succeeds if the reply is 200 and the filter is true for it.
is() {
	call GET "$1"
	is_filter=$2
	shift 2
	[ "$code" = 200 ] && jq -e "$@" "$is_filter" "$work/reply" > /dev/null
}

# front_end NUMBER: prints the URL of a front-end; consecutive numbers give each in turn.
front_end() {
	# shellcheck disable=SC2086
	set -- "$1" $urls
	shift $(($1 % ($# - 1) + 1))
	echo "$1/api/cluster"
}

# batch METHOD FROM TO CODE: assigns or deletes the agents FROM to TO, through each front-end in
# turn. Fails unless each reply has the status CODE. Writes the replies to $work/replies.
batch() {
	rm -rf "$work/replies"
	mkdir "$work/replies"
	n=$2
	while [ "$n" -le "$3" ]; do
		[ "$n" = "$2" ] || echo next
		if [ "$1" = POST ]; then
			printf 'url = "%s/assignments"\n' "$(front_end "$n")"
			printf 'data = "{\\"agent_id\\":\\"agent-%d\\"}"\n' "$n"
			echo 'header = "Content-Type: application/json"'
		else
			printf 'url = "%s/assignments/agent-%d"\n' "$(front_end "$n")" "$n"
			printf 'request = "%s"\n' "$1"
		fi
		printf 'output = "%s/replies/%d"\nwrite-out = "%%{http_code}\\n"\nmax-time = 5\nnoproxy = "*"\n' \
			"$work" "$n"
		n=$((n + 1))
	done > "$work/batch"
	curl -q -sS -K "$work/batch" > "$work/codes" 2>> "$work/curl.log"
	got=$(sort "$work/codes" | uniq -c | sed 's/^ *//' | tr '\n' ';')
	[ "$got" = "$(($3 - $2 + 1)) $4;" ] ||
		die "$1 of agents $2 to $3: expected $4 each, got $got
$(awk '/"code"/' "$work/replies"/* 2> /dev/null | sort -u | sed 3q)"
}

# Writes the number of agents of each node, as {"node-1":12,…}, to $work/spread, and shows it.
# Fails unless the counts of the nodes and of the assignments are equal.
count_agents() {
	must 200 GET "$(front_end 0)/nodes"
	jq -c '.nodes | map({ key: .id, value: .active_agents }) | from_entries' "$work/reply" \
		> "$work/spread"
	must 200 GET "$(front_end 1)/assignments?limit=1000"
	jq -c --slurpfile nodes "$work/spread" \
		'($nodes[0] | map_values(0)) + (.assignments | group_by(.node_id)
			| map({ key: .[0].node_id, value: length }) | from_entries)' "$work/reply" \
		> "$work/counted"
	[ "$(jq -cS . "$work/spread")" = "$(jq -cS . "$work/counted")" ] ||
		die "nodes and assignments disagree: $(cat "$work/spread" "$work/counted")"
	jq -r 'to_entries[] | "\(.key) \(.value)"' "$work/spread" | while read -r id number; do
		bar=$(printf '%*s' "$number" '' | tr ' ' '#')
		printf '     %-7s %s%-*s%s %3d\n' "$id" "$cyan" "$max_agents" "$bar" "$plain" "$number"
	done
}

# expect_spread WHAT FILTER: fails unless the filter is true for {"node-1":12,…}.
expect_spread() {
	jq -e --argjson agents "$agents" --argjson most "$max_agents" "$2" "$work/spread" > /dev/null ||
		die "$1: not so in $(cat "$work/spread")"
	ok "$1"
}

redis() {
	redis-cli -s "$work/redis.sock" "$@"
}

redis_is_up() {
	[ "$(redis ping 2> /dev/null)" = PONG ]
}

# --- Processes ---

# start_member ID: starts a member, waits until it is registered and adds its URL to $urls.
start_member() {
	"$musterd" -cluster "$1" -host 127.0.0.1 -port 0 -redis "unix://$work/redis.sock" \
		-services wrapper,database -max-agents "$max_agents" -weight 10 -data-dir "$work" \
		-heartbeat-interval 300ms -heartbeat-ttl 1s -grace 500ms -lease-ttl 1s \
		> "$work/$1.log" 2>&1 &
	pid=$!
	member_pids="$member_pids $pid"
	echo "$pid" > "$work/$1.pid"
	until_true 5 "$1 listens" listens "$1"
	url=$(sed -n 's/.* listens on \(http:[^ ,]*\).*/\1/p' "$work/$1.log" | sed 1q)
	urls="$urls $url"
	until_true 5 "$1 is ready" is "$url/readyz" '.status == "ready"'
	until_true 5 "$1 is registered" is "$url/api/cluster/nodes/$1" '.status == "online" and .healthy'
	say "$1 is process $pid at $url"
}

listens() {
	grep -q ' listens on http://' "$work/$1.log" || {
		kill -0 "$(cat "$work/$1.pid")" 2> /dev/null || die "$1 did not start"
		return 1
	}
}

# Sends heartbeats for the REST nodes, through the first front-end that answers, while the file
# $work/beating exists.
beat() {
	while [ -e "$work/beating" ] && kill -0 $$ 2> /dev/null; do
		for id in edge-1 edge-2; do
			for base in $urls; do
				curl -q -fs --noproxy '*' --max-time 1 -o /dev/null -X POST "$base/api/cluster/nodes/$id" \
					&& break
			done
		done
		sleep 0.2
	done
}

# --- The demo ---

for program in curl jq redis-server redis-cli; do
	command -v "$program" > /dev/null || die "$program is missing"
done
[ -x "$musterd" ] || die "$musterd is missing: run make first"
# The options must not come from the environment.
for name in $(env | sed -n 's/^\(MUSTER_[A-Z_]*\)=.*/\1/p'); do
	unset "$name"
done
work=$(mktemp -d "${TMPDIR:-/tmp}/muster-demo.XXXXXX") || die "no temporary folder"
started=$(now_ms)
urls=''

title 'A private Redis and three members'
redis-server --port 0 --unixsocket "$work/redis.sock" --unixsocketperm 700 --save '' \
	--appendonly no --dir "$work" > "$work/redis.log" 2>&1 &
redis_pid=$!
until_true 5 'redis-server answers' redis_is_up
say "redis-server is process $redis_pid at $work/redis.sock"
start_member node-1
until_true 5 'node-1 is the leader' is "$(front_end 0)/leader" '.leader_id == "node-1"'
start_member node-2
start_member node-3
must 200 GET "$(front_end 2)/leader"
expect 'the first member is the leader' "$(field .leader_id)" node-1
call GET "$(front_end 1)/nodes/node-9"
expect 'an unknown node' "$code $(field .code)" '404 node_not_found'

title 'Two nodes that register over REST'
for id in edge-1 edge-2; do
	weight=10
	[ "$id" = edge-1 ] || weight=20
	must 201 POST "$(front_end 1)/nodes" "{\"id\":\"$id\",\"hostname\":\"$id\",\"port\":9000,
		\"services\":[\"wrapper\"],\"max_agents\":$max_agents,\"weight\":$weight}"
	expect "$id is registered" "$code $(field '"\(.status) \(.max_agents) \(.weight)"')" \
		"201 online $max_agents $weight"
done
: > "$work/beating"
beat &
beat_pid=$!
must 200 GET "$(front_end 0)/nodes"
jq -r '.nodes[] | "\(.id)\t\(.role)\t\(.status)\tmax \(.max_agents)\tweight \(.weight)\t\(.services
	| join(","))"' "$work/reply" | indent
expect 'number of nodes, from node-1' "$(field .count)" 5

title 'Asking for a service'
must 201 POST "$(front_end 0)/assignments" '{"agent_id":"needs-db","services":["database"]}'
expect_jq "an agent that needs a database gets $(field .node_id), which has one" \
	'.node_id | startswith("node-")'
must 200 POST "$(front_end 1)/assignments" '{"agent_id":"needs-db","services":["database"]}'
expect 'the same request through another front-end changes nothing' "$code $(field .reason)" '200 requested'
call POST "$(front_end 2)/assignments" '{"agent_id":"needs-gpu","services":["gpu"]}'
expect 'no node has a GPU' "$code $(field .code) $(jq -c .reasons "$work/reply")" \
	'409 no_capacity {"service":5}'
must 204 DELETE "$(front_end 2)/assignments/needs-db"

# strategy_step NAME WHAT FILTER: sets the strategy, assigns all agents and checks the spread.
strategy_step() {
	must 200 POST "$(front_end 2)/balance" "{\"strategy\":\"$1\"}"
	must 200 GET "$(front_end 0)/balance"
	[ "$(field .strategy)" = "$1" ] || die "the strategy is $(field .strategy), not $1"
	batch POST 1 "$agents" 201
	printf '\n   %s%s%s\n' "$bold" "$1" "$plain"
	count_agents
	expect_spread "$2" "([.[]] | add) == \$agents and ([.[]] | max) <= \$most and ($3)"
}

title "$agents agents through three front-ends, by each strategy"
# The REST nodes report no load, so they get agents first, until they have their share or are full.
strategy_step least_loaded 'the idle nodes, edge-1 and edge-2, have the most' \
	'. as $n | ["node-1", "node-2", "node-3"] | map($n[.])
		| all(. <= $n["edge-1"] + 1 and . <= $n["edge-2"] + 1)'
batch DELETE 1 "$agents" 204
strategy_step least_agents 'the same number on each node' '[.[]] | all(. == 12)'
batch DELETE 1 "$agents" 204
strategy_step random 'some on each node' '[.[]] | all(. > 0)'
batch DELETE 1 "$agents" 204
strategy_step weighted 'twice as many on edge-2, whose weight is double' \
	'. == { "node-1": 10, "node-2": 10, "node-3": 10, "edge-1": 10, "edge-2": 20 }'
batch DELETE 1 "$agents" 204
strategy_step packed 'three nodes are full, and two are empty' '[.[]] | sort == [0, 0, 20, 20, 20]'
batch DELETE 1 "$agents" 204
strategy_step round_robin 'the same number on each node, in turn' '[.[]] | all(. == 12)'

title 'Draining a node'
say 'edge-1 asks for it in a heartbeat'
must 200 POST "$(front_end 2)/nodes/edge-1" '{"status":"draining"}'
expect 'its status' "$(field .node.status)" draining
more=8
batch POST $((agents + 1)) $((agents + more)) 201
count_agents
expect_spread "of $more new agents, it gets none and the others 2 each" \
	'. == { "node-1": 14, "node-2": 14, "node-3": 14, "edge-1": 12, "edge-2": 14 }'
agents=$((agents + more))

title 'Killing the leader'
must 200 GET "$(front_end 1)/leader"
leader=$(field .leader_id) term=$(field .term)
must 200 GET "$(front_end 1)/assignments?node_id=$leader&limit=1000"
cp "$work/reply" "$work/before"
lost=$(field .count)
pid=$(cat "$work/$leader.pid")
dead_url=$(sed -n 's/.* listens on \(http:[^ ,]*\).*/\1/p' "$work/$leader.log" | sed 1q)
show "kill -9 $pid"
killed=$(now_ms)
kill -9 "$pid"
wait "$pid" 2> /dev/null
urls=$(echo "$urls" | sed "s|$dead_url||")
say "$leader is gone, with $lost agents"
until_true 5 'a new leader' is "$(front_end 0)/leader" '.leader_id != $dead and .term > $term' \
	--arg dead "$leader" --argjson term "$term"
new_leader=$(field .leader_id) new_term=$(field .term)
ok "$new_leader is the leader after $(($(now_ms) - killed)) ms, with a higher term, $new_term"
until_true 8 "the agents of $leader are moved" is "$(front_end 1)/nodes/$leader" \
	'.status == "offline" and .active_agents == 0'
ok "$leader is offline and has no agents after $(($(now_ms) - killed)) ms"
must 200 GET "$(front_end 0)/assignments?limit=1000"
expect_jq "its $lost agents are on other nodes, with reason node_lost and a higher epoch" \
	'(.assignments | map({ key: .agent_id, value: . }) | from_entries) as $now
		| $before[0].assignments | length > 0 and all(. as $was | $now[.agent_id]
		| .status == "assigned" and .reason == "node_lost" and .previous_node_id == $dead
			and .node_id != $dead and .node_id != "edge-1" and .epoch > $was.epoch)' \
	--slurpfile before "$work/before" --arg dead "$leader"
count_agents
expect_spread 'no agent is lost, and the drained node got none' \
	"([.[]] | add) == \$agents and ([.[]] | max) <= \$most and .[\"edge-1\"] == 12 and .[\"$leader\"] == 0"

title 'Statistics of the cluster'
show "curl $(front_end 0)/stats"
must 200 GET "$(front_end 0)/stats"
jq . "$work/reply" | indent
expect_jq 'nodes: 5, of them 3 online, 1 draining, 1 offline' \
	'.nodes.total == 5 and .nodes.online == 3 and .nodes.draining == 1 and .nodes.offline == 1'
expect_jq "agents: $agents assigned, 0 pending, capacity for $((4 * max_agents - agents - 8)) more" \
	'.agents == { assigned: $n, pending: 0, capacity: (4 * $most), available: (3 * $most - ($n - 12)),
		utilization: ($n * 1000 / (4 * $most) | round / 10) }' \
	--argjson n "$agents" --argjson most "$max_agents"
expect_jq "placements: $lost because a node was lost" \
	'.placements.node_lost == $lost and .leader_id == $leader and .strategy == "round_robin"' \
	--argjson lost "$lost" --arg leader "$new_leader"

title 'The data in Redis'
# view COMMAND KEY [ARGUMENT…]: runs and shows a Redis command; writes its reply to $work/view.
view() {
	command=$1 key=$2
	shift 2
	show "redis-cli $command '$prefix$key'${1:+ $*}"
	redis "$command" "$prefix$key" "$@" > "$work/view" || die "redis-cli $command $key"
}
pairs() {
	paste - - < "$work/view" | awk -F '\t' '{ printf "     %-18s %s\n", $1, $2 }'
}

must 200 GET "$(front_end 1)/nodes/edge-2"
view HGETALL node:edge-2
pairs
expect 'active_agents is the same as in the API' "$(redis HGET "${prefix}node:edge-2" active_agents)" \
	"$(field .active_agents)"
moved=$(jq -r '.assignments[0].agent_id' "$work/before")
must 200 GET "$(front_end 1)/assignments/$moved"
view HGETALL "assignment:$moved"
pairs
expect 'node and epoch are the same as in the API' \
	"$(redis HMGET "${prefix}assignment:$moved" node_id epoch | paste -d ' ' - -)" \
	"$(field '"\(.node_id) \(.epoch)"')"
view PTTL heartbeat:edge-2
indent < "$work/view"
left=$(cat "$work/view")
if [ "$left" -le 0 ] || [ "$left" -gt 1000 ]; then
	die "the heartbeat lasts $left ms, not 1 to 1000"
fi
ok 'the heartbeat expires within a second unless another one arrives'
redis SMEMBERS "${prefix}classes" > "$work/classes"
class=$(grep 'database' "$work/classes") || die "no class has a database: $(cat "$work/classes")"
view ZRANGE "placement:round_robin:$class" 0 -1 WITHSCORES
pairs
expect 'the index of this class has the nodes that can be chosen' \
	"$(paste - - < "$work/view" | cut -f 1 | sort | paste -s -d ' ' -)" \
	"$(jq -r --arg dead "$leader" --argjson most "$max_agents" 'to_entries[]
		| select((.key | startswith("node-")) and .key != $dead and .value < $most) | .key' \
		"$work/spread" | sort | paste -s -d ' ' -)"
view GET lease
indent < "$work/view"
expect 'the lease belongs to the leader' "$(cut -d ' ' -f 1,3 "$work/view")" "$new_leader $new_term"
view XREVRANGE events + - COUNT 5
awk '/^[0-9]+-[0-9]+$/ { if (line) print line; line = $0 "  "; next }
	{ line = line " " $0 } END { print line }' "$work/view" | indent
expect 'events' "$(grep -c '^[0-9][0-9]*-[0-9][0-9]*$' "$work/view")" 5

clean_up
trap - INT TERM HUP PIPE
printf '\n%sAll %d checks passed%s in %d.%d s.\n' "$green$bold" "$checks" "$plain" \
	$((($(now_ms) - started) / 1000)) $((($(now_ms) - started) % 1000 / 100))
