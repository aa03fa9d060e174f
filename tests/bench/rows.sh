# shellcheck shell=sh disable=SC2034,SC2154
# The rows of the table, to be sourced after lib.sh. A row is an HTTP request, and the script call that the
# front-end makes of that request. The script call is not written here. It is learned: one request with a
# number that stands out is sent to a musterd, and MONITOR shows what reaches Redis. So both columns of the
# table always do the same work.
#
# Ids are a letter and twelve digits. Nodes: n- for those that stay, x- and y- for those that a row registers
# by HTTP and raw. Agents: a- for those that stay, h- and r- for those that a row places by HTTP and raw. The
# digits of agents are reversed numbers, as real ids do not come in ascending order.

ROWS='register leave heartbeat assign assign_batch lookup release release_batch nodes_page agents_page stats leader balance'
BATCH=1000
MARK=999999999077
max_agents=1000000
usage=%u # what the raw heartbeats report, after "40."

# The rows work on a cluster of one of these shapes:
# plain    the nodes offer no services, so that they are one class; one strategy, least_loaded
# classes  8 classes of nodes, by their services; each agent asks for one service, and the nodes of 3 classes
#          offer it; the index of least_agents is kept beside that of least_loaded
use_shape() { # SHAPE
	shape=$1 calls=$dir/calls.$1 lists=$dir/lists
	mkdir -p "$calls" "$lists"
	services='' kept=least_loaded
	[ "$shape" = plain ] || services=',"services":["%s"]' kept=least_agents,least_loaded
	seq -f s%.0f 0 7 >"$lists/wanted"
	printf '%s\n' s0,s1,s3 s1,s2,s4 s2,s3,s5 s3,s4,s6 s4,s5,s7 s0,s5,s6 s1,s6,s7 s0,s2,s7 >"$lists/offered"
	sed 's/,/","/g' "$lists/offered" >"$lists/offered.json"
}

# Has the indexes built that the shape keeps. They are kept for some minutes after each time.
use_indexes() {
	for strategy in $(echo "$kept" | tr , ' '); do use_strategy "$strategy"; done
	check_indexes
}
check_indexes() { [ "$(indexes)" = "$kept" ] || fail "$shape: the indexes are those of $(indexes), and not of $kept"; }

# Sends the row's requests by HTTP. The options are those of `load`, and override the row's own.
request() { # ROW OPTION...
	request_path=$1
	case $1 in
	register) shift && set -- -X POST -e 201 -l "$lists/offered.json" -b "{\"id\":\"x-%d\",\"max_agents\":$max_agents$services}" "$@" && request_path=nodes ;;
	leave) shift && set -- -X DELETE "$@" && request_path=nodes/x-%d ;;
	heartbeat) shift && set -- -X POST -m "$nodes" -b '{"cpu_usage":40.%u,"memory_usage":50}' "$@" && request_path=nodes/n-%d ;;
	assign) shift && set -- -X POST -e 201 -l "$lists/wanted" -b "{\"agent_id\":\"h-%r\"$services}" "$@" && request_path=assignments ;;
	lookup) shift && set -- -m "$known" "$@" && request_path=assignments/$whom-%r ;;
	release) shift && set -- -X DELETE -e 204 "$@" && request_path=assignments/h-%r ;;
	assign_batch)
		shift
		request_batch POST "{\"agent_id\":\"h-%r\"$services}" "$@"
		return
		;;
	release_batch)
		shift
		request_batch DELETE '"h-%r"' "$@"
		return
		;;
	nodes_page) shift && request_path='nodes?limit=100' ;;
	agents_page) shift && request_path='assignments?limit=100' ;;
	*) shift ;;
	esac
	load -a "$port" "$@" "$api/$request_path"
}
request_batch() { # METHOD ITEM OPTION...
	method=$1 item=$2
	shift 2
	load -a "$port" -X "$method" -l "$lists/wanted" -k "$BATCH" -i "$item" -b '{"agents":[%*]}' -x '"failed":0' "$@" "$api/assignments/batch"
}

# Learns the script call of a row. In $calls/ROW, as words for redis-cli, AGENT and NODE stand for ids,
# USAGE for the digits that change from one heartbeat to the next, SERVICES for a list of services.
# Wants a musterd on an empty Redis. It does not matter what the request is answered.
learn() { # ROW
	sha=$(sha1sum <"$build/lua/$(script_of "$1").lua" | cut -d ' ' -f 1)
	for list in wanted offered offered.json; do echo SERVICES >"$lists/$list"; done
	: >"$dir/monitor"
	redis-cli -s "$socket" monitor >>"$dir/monitor" &
	monitor=$!
	until_true test -s "$dir/monitor"
	nodes=1 known=1 whom=h
	request "$1" -n 1 -c 1 -f "$MARK" -m 10000000000000 >/dev/null 2>&1 || true
	until_true grep -q "\"$sha\"" "$dir/monitor"
	kill "$monitor"
	wait "$monitor" 2>/dev/null || true
	use_shape "$shape"
	grep -m 1 "\"$sha\"" "$dir/monitor" | sed 's/^[^"]*//
		s/[$`]/\\&/g
		s/h-[0-9]\{12\}/AGENT/g
		s/[nx]-[0-9]\{12\}/NODE/g
		s/"40\.77"/"40.USAGE"/' >"$calls/$1"
	grep -q '^"EVALSHA.*"' "$calls/$1" || fail "the call of $1 cannot be seen: $(cat "$calls/$1")"
}

# Learns all rows in each shape, from a musterd that ends afterwards.
learn_all() { # SHAPE...
	start_redis redis
	start_musterd musterd "unix://$socket"
	for shape; do
		use_shape "$shape"
		for row in $ROWS; do learn "$row"; done
		cli flushall >/dev/null
	done
	stop musterd
	stop redis
}

# The number of agents or nodes in one script call of the row; more than 1 only in those of batches.
items_in() { # ROW
	case $1 in
	*_batch) grep -o AGENT "$calls/$1" | wc -l ;;
	*) echo 1 ;;
	esac
}

# Sends the row's script calls to Redis. Ids begin with LETTER; the options are those of `load`.
raw() { # ROW LETTER OPTION...
	raw_row=$1 letter=$2 list=wanted
	shift 2
	case $raw_row in
	register) list=offered ;;
	heartbeat) set -- -m "$nodes" "$@" ;;
	lookup) set -- -m "$known" "$@" ;;
	*_batch) set -- -k "$(items_in "$raw_row")" "$@" ;;
	esac
	eval "set -- \"\$@\" -R $(sed "s/%/%%/g
		s/\\\\n/\n/g
		s/\\\\t/\t/g
		s/AGENT/$letter-%r/g
		s/NODE/$letter-%d/g
		s/USAGE/$usage/
		s/SERVICES/%s/g" "$calls/$raw_row")"
	load -a "$socket" -l "$lists/$list" "$@"
}

# Does to as many ids as asked for what the row does, from FIRST on, and prints nothing.
raw_quiet() { # ROW LETTER FIRST NUMBER
	[ "$4" -eq 0 ] || raw "$1" "$2" -f "$3" -n "$4" >"$dir/raw_quiet" || fail "$1: $(cat "$dir/raw_quiet")"
}

# Registers nodes n-, all with the same usage.
populate_nodes() { # NUMBER
	raw_quiet register n 0 "$1"
	even_usage "$1"
}

# Gives the nodes of these first numbers the same usage again. Otherwise least_loaded would place all
# agents on the few nodes whose usage is the lowest.
even_usage() { # NUMBER
	usage=5
	raw_quiet heartbeat n 0 "$1"
	usage=%u
}

populate_agents() { # FROM TO
	batches=$((($2 - $1) / BATCH))
	[ "$batches" -eq 0 ] || request assign_batch -c 4 -f "$1" -n "$batches" -i "{\"agent_id\":\"a-%r\"$services}" >/dev/null
	raw_quiet assign a $(($1 + batches * BATCH)) $((($2 - $1) % BATCH))
}
