# shellcheck shell=sh disable=SC2034,SC2154
# The rows of the table: each is an HTTP request, and the script call that the front-end makes of it.
# That call is not written here: it is what a musterd sends when it is asked once with a count that
# stands out, so that both columns always do the same work.
# Ids end in twelve digits: nodes n-…, standing agents a-…, those of a row by HTTP h-…, raw r-….

ROWS='register heartbeat assign lookup nodes_page agents_page stats leader balance release'
BATCH_ROWS='assign_batch release_batch'
BATCH=1000
MARK=999999999999

script_of() { # ROW
	case $1 in
	register) echo node_register ;;
	leave) echo node_leave ;;
	heartbeat) echo node_heartbeat ;;
	assign) echo agent_assign ;;
	assign_batch) echo agent_assign ;;
	lookup) echo agent_get ;;
	release) echo agent_release ;;
	release_batch) echo agent_release ;;
	nodes_page) echo node_list ;;
	agents_page) echo agent_list ;;
	stats) echo stats_get ;;
	leader) echo leader_get ;;
	balance) echo balance_get ;;
	esac
}

has_batches() { [ -e "$build/lua/agent_assign.lua" ] && [ -e "$build/lua/agent_release.lua" ]; }

request() { # ROW OPTION...: sends the row's requests; these options outdo the row's own
	row_path=$api/$1
	case $1 in
	register) shift && set -- -X POST -e 201 -b '{"id":"x-%d","max_agents":1000000}' "$@" && row_path=$api/nodes ;;
	leave) shift && set -- -X DELETE "$@" && row_path=$api/nodes/x-%d ;;
	heartbeat) shift && set -- -X POST -m "$nodes" -b '{"cpu_usage":%u,"memory_usage":40}' "$@" && row_path=$api/nodes/n-%d ;;
	assign) shift && set -- -X POST -e 201 -b '{"agent_id":"h-%d"}' "$@" && row_path=$api/assignments ;;
	lookup) shift && set -- -m "$known" "$@" && row_path=$api/assignments/$whom-%d ;;
	release) shift && set -- -X DELETE -e 204 "$@" && row_path=$api/assignments/h-%d ;;
	assign_batch) shift && set -- -X POST "$@" && row_path=$api/assignments/batch ;;
	release_batch) shift && set -- -X DELETE "$@" && row_path=$api/assignments/batch ;;
	nodes_page) shift && row_path="$api/nodes?limit=100" ;;
	agents_page) shift && row_path="$api/assignments?limit=100" ;;
	*) shift ;;
	esac
	case $row_path in
	*/batch) set -- -k "$BATCH" -i '"h-%d"' -b '{"agents":[%*]}' -x '"failed":0' "$@" ;;
	esac
	load -a "$port" "$@" "$row_path"
}

# Notes the script call of a row in $dir/call.ROW, as redis-cli takes it: counts are COUNT in it,
# and of a heartbeat the figure is FIGURE. Wants a musterd on an empty Redis; what it answers is
# of no account here.
learn() { # ROW
	sha=$(sha1sum <"$build/lua/$(script_of "$1").lua" | cut -d ' ' -f 1)
	mark=999999999077 # and of batches the thousand from …000 on
	case $1 in *_batch) mark=999999999000 ;; esac
	: >"$dir/monitor"
	redis-cli -s "$socket" monitor >>"$dir/monitor" &
	monitor=$!
	until_true test -s "$dir/monitor"
	nodes=1 known=1 whom=h
	request "$1" -n 1 -c 1 -f "$mark" -m 10000000000000 >/dev/null 2>&1 || true
	until_true grep -q "\"$sha\"" "$dir/monitor"
	kill "$monitor"
	wait "$monitor" 2>/dev/null || true
	grep -m 1 "\"$sha\"" "$dir/monitor" | sed 's/^[^"]*//
		s/[$`]/\\&/g
		s/999999999[0-9][0-9][0-9]/COUNT/g
		s/"77"/"FIGURE"/' >"$dir/call.$1"
	grep -q "^\"EVALSHA" "$dir/call.$1" || fail "the call of $1 is not to be seen: $(cat "$dir/call.$1")"
}

# What makes such a line into words for the shell.
unescaped='s/\\n/\n/g; s/\\t/\t/g'

# The counts that one such call takes: of a batch as many as it has, else one, however often.
counts_in() {
	case $1 in
	*_batch) grep -o COUNT "$dir/call.$1" | wc -l ;;
	*) echo 1 ;;
	esac
}

# Sends the script calls of as many requests by redis-benchmark: counts are random below RANGE.
raw() { # ROW REQUESTS RANGE
	letter=r
	case $1 in
	heartbeat) letter=n ;;
	lookup) letter=$whom ;;
	esac
	eval "set -- \"$1\" \"$2\" \"$3\" $(sed "$unescaped
		s/[a-z]-COUNT/$letter-__rand_int__/g
		s/FIGURE/__rand_int__e-3/" "$dir/call.$1")"
	raw_row=$1 raw_requests=$2 raw_range=$3 raw_items=$(counts_in "$1")
	shift 3
	if [ "$raw_row" = assign_batch ]; then
		# In steps, as the front-end does; how many of a step's agents the script takes is for it to say.
		before=$(placed)
		raw_figures=$(benchmark $((raw_requests * BATCH / raw_items)) "$raw_range" 1 "$@") || return 1
		echo "{$raw_figures}" | jq -c --argjson placed $(($(placed) - before)) \
			'.per_s *= $placed / .ops | .ops = $placed' | tr -d '{}'
	else
		benchmark "$raw_requests" "$raw_range" "$raw_items" "$@"
	fi
}
placed() { get stats | jq .placements.requested; }

# Sends them once for each of the ids in $dir/ids, which redis-benchmark cannot.
raw_each() { # ROW
	raw_row=$1
	raw_items=$(counts_in "$raw_row")
	raw_requests=$(($(wc -l <"$dir/ids") / raw_items))
	eval "set -- -R $(sed "$unescaped
		s/%/%%/g
		s/[a-z]-COUNT/%s/g" "$dir/call.$raw_row")"
	[ "$raw_items" -eq 1 ] || set -- -k "$raw_items" "$@" # a count for each place
	load -a "$socket" -n "$raw_requests" -l "$dir/ids" "$@"
}

# Ids that redis-benchmark has drawn are told by the events since.
note_events() {
	since=$(cli xrevrange "${prefix}events" + - count 1 | head -n 1)
	since=${since:-0-0}
}
ids() { # agent_id|node_id FIRST_LETTER: to $dir/ids
	cli xrange "${prefix}events" "($since" + | awk -v name="$1" -v start="$2-" '
		last == name && index($0, start) == 1 && !seen[$0]++
		{ last = $0 }' >"$dir/ids"
	[ -s "$dir/ids" ] || fail "no event tells of a $1 $2-…"
}

release_raw() { # those since note_events
	ids agent_id r
	raw_each release >/dev/null
}
release_http() { request release -n "$1" >/dev/null; }

# Nodes n-… and agents a-… up to these numbers, by the same calls, as fast as Redis takes them.
populate() { # ROW LETTER FROM TO
	[ "$3" -lt "$4" ] || return 0
	awk -v from="$3" -v to="$4" -v letter="$2" -v items="$(counts_in "$1")" '
		{
			gsub(/[a-z]-COUNT/, letter "-COUNT")
			gsub(/"FIGURE"/, "10")
			places = split($0, part, "COUNT") - 1
			for (n = from; n < to; n += items) {
				line = part[1]
				for (i = 1; i <= places; i++)
					line = line sprintf("%012d", items == 1 ? n : n + i - 1) part[i + 1]
				print line "\r"
			}
		}' "$dir/call.$1" | cli --pipe >"$dir/pipe.log" 2>&1 && grep -q '^errors: 0,' "$dir/pipe.log" ||
		fail "populating: $(cat "$dir/pipe.log")"
}

populate_agents() { # FROM TO: through HTTP in batches, and the rest one by one
	rest=$1
	if has_batches && [ $(($2 - $1)) -ge $BATCH ]; then
		request assign_batch -c 4 -f "$1" -n $((($2 - $1) / BATCH)) -i '"a-%d"' >/dev/null
		rest=$(($1 + ($2 - $1) / BATCH * BATCH))
	fi
	populate assign a "$rest" "$2"
}
