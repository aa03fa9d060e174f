# shellcheck shell=sh disable=SC2034,SC2154
# What the scripts of the bench share, to be sourced: servers that end with the script, processor time and
# instructions of a process, and one JSON line for each measurement. Any failure ends the run with status 1.
# The script that sources it sets $build, $dir (a temporary folder of its own), $lines (the file for the
# JSON lines) and $clients (connections), and before it measures $section, $shape, $nodes, $agents, $round.

api=/api/cluster
prefix='muster:{bench}:'
callgrind="valgrind --tool=callgrind --callgrind-out-file=$dir/count --log-file=$dir/valgrind.log"

# The names of the scripts, for the whole bench. `row` is one of rows.sh.
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

fail() {
	echo "bench: $*" >&2
	exit 1
}

say() { echo "$(date +%T) $*" >&2; }

# Writes one JSON line.
emit() { printf '{%s}\n' "$1" >>"$lines"; } # FIELDS

emit_row() { # ROW HOW FIELDS
	emit "\"section\":\"$section\",\"shape\":\"$shape\",\"row\":\"$1\",\"how\":\"$2\",\"nodes\":$nodes,\"agents\":$agents,\"round\":$round,$3"
}

end_all() {
	for file in "$dir"/*.pid; do
		[ -e "$file" ] || continue
		kill "$(cat "$file")" 2>/dev/null || true
		kill -CONT "$(cat "$file")" 2>/dev/null || true # `load -w` may have stopped it
	done
	wait
	[ -z "${pause:-}" ] || echo "$pause" >"$pauses"
	rm -rf "$dir"
}

begin_all() {
	trap end_all EXIT
	trap 'exit 130' INT TERM
}

# As root, lets Redis run ahead of all other processes, so that their work does not count as its own. Until the end
# of the script, Linux is told not to pause such a process in every second, as it would. To be called before Redis
# starts.
pauses=/proc/sys/kernel/sched_rt_runtime_us
redis_first() {
	if chrt -f 1 true 2>/dev/null; then redis_under='chrt -f 1'; fi
	if [ -n "${redis_under:-}" ] && [ -w "$pauses" ]; then
		pause=$(cat "$pauses")
		echo -1 >"$pauses" 2>/dev/null || pause=
	fi
}
# How often Redis was put aside all the same, since it started.
switches() { sed -n 's/^nonvoluntary_ctxt_switches:[^0-9]*//p' "/proc/$redis_pid/status"; }

start() { # NAME COMMAND...: writes its pid to $dir/NAME.pid and its output to $dir/NAME.log
	started=$1
	shift
	"$@" >"$dir/$started.log" 2>&1 &
	echo $! >"$dir/$started.pid"
}

stop() { # NAME
	kill "$(cat "$dir/$1.pid")"
	wait "$(cat "$dir/$1.pid")" 2>/dev/null || true
	rm "$dir/$1.pid"
}

until_true() { # COMMAND...: waits for at most a minute
	deadline=$(($(date +%s) + 60))
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt "$deadline" ] || fail "waited for: $*"
		sleep 0.02
	done
}

cli() { redis-cli -s "$socket" "$@"; }

# Sets $socket and $redis_pid. $redis_under may hold a command to run Redis under, with its options.
start_redis() { # NAME OPTION...
	redis_name=$1
	shift
	socket=$dir/$redis_name.sock
	mkdir -p "$dir/$redis_name"
	# shellcheck disable=SC2086 # words, or nothing
	start "$redis_name" ${redis_under:-} redis-server --unixsocket "$socket" --dir "$dir/$redis_name" --save '' --port 0 "$@"
	redis_pid=$(cat "$dir/$redis_name.pid")
	until_true answers
	for file in "$build"/lua/*.lua; do cli -x script load <"$file" >/dev/null; done
}
answers() { [ "$(cli ping)" = PONG ]; }

# Sets $port and $front_pid. Heartbeats live for an hour, as few are sent. $musterd_under is like
# $redis_under.
start_musterd() { # NAME REDIS_URL OPTION...
	musterd_name=$1 musterd_redis=$2
	shift 2
	# shellcheck disable=SC2086 # words, or nothing
	start "$musterd_name" ${musterd_under:-} "$build/musterd" -port 0 -redis "$musterd_redis" -namespace bench -heartbeat-ttl 1h "$@"
	front_pid=$(cat "$dir/$musterd_name.pid")
	until_true is_ready "$musterd_name"
	port=$(port_of "$musterd_name")
}
port_of() { sed -n 's/.*listens on http:[^ ]*:\([0-9]*\),.*/\1/p' "$dir/$1.log"; }
is_ready() { [ -n "$(port_of "$1")" ] && curl -sf "localhost:$(port_of "$1")/readyz"; }

get() { curl -sf "localhost:$port$api/$1" || fail "GET $1"; }
post() { curl -sf --json "$2" "localhost:$port$api/$1" || fail "POST $1 $2"; }
delete() { curl -sf -X DELETE "localhost:$port$api/$1" || fail "DELETE $1"; }

# A strategy's index is built, in steps, when the strategy is first used; it is dropped when the strategy has
# not been used for some minutes, unless it is the cluster's.
use_strategy() { # STRATEGY
	post assignments "{\"agent_id\":\"warm\",\"strategy\":\"$1\"}" >/dev/null
	delete assignments/warm
}

# The strategies whose indexes are complete, with commas between them.
indexes() { cli hget "${prefix}settings" indexes; }

# Processor time of all threads of a process, in nanoseconds.
cpu_ns() { cat /proc/"$1"/task/*/schedstat | awk '{ ns += $1 } END { printf "%.0f", ns }'; } # PID

# Instructions of a process that runs under $callgrind, since the last call.
counted() { # PID
	rm -f "$dir"/count.*
	callgrind_control --dump "$1" >/dev/null 2>&1
	until grep -hs '^totals:' "$dir"/count.* >"$dir/totals"; do sleep 0.02; done
	awk '{ n += $2 } END { printf "%.0f", n }' "$dir/totals"
}

# Waits until Redis is nearly idle: a new leader first renews the heartbeats of all nodes.
wait_quiet() {
	deadline=$(($(date +%s) + 120))
	calm=0
	while [ "$calm" -lt 3 ]; do
		[ "$(date +%s)" -lt "$deadline" ] || fail 'Redis does not become idle'
		before=$(cpu_ns "$redis_pid")
		sleep 0.1
		if [ $(($(cpu_ns "$redis_pid") - before)) -lt 4000000 ]; then
			calm=$((calm + 1))
		else
			calm=0
		fi
	done
}

load() { "$build/tests/bench/load" -c "$clients" "$@"; }

# Calls, microseconds and failures of all scripts since the last CONFIG RESETSTAT.
script_stat() {
	cli info commandstats | tr -d '\r' | awk -F '[:=,]' '
		/^cmdstat_evalsha/ { for (i = 2; i < NF; i += 2) sum[$i] += $(i + 1) }
		END { printf "%d %d %d\n", sum["calls"], sum["usec"], sum["rejected_calls"] + sum["failed_calls"] }'
}

# Runs a command that prints figures, and emits these with the processor time that Redis and the front-end
# have used meanwhile. It fails if Redis has counted a failed script, or no script at all.
measure() { # ROW HOW COMMAND...
	row=$1 how=$2
	shift 2
	cli config resetstat >/dev/null
	redis_ns=$(cpu_ns "$redis_pid") front_ns=$(cpu_ns "$front_pid")
	figures=$("$@") || fail "$row ($how, $shape, $nodes nodes, $agents agents) has failed"
	redis_ns=$(($(cpu_ns "$redis_pid") - redis_ns)) front_ns=$(($(cpu_ns "$front_pid") - front_ns))
	scripts=$(script_stat)
	case $scripts in
	'0 '*) fail "$row ($how): no script ran" ;;
	*' 0') ;;
	*) fail "$row ($how, $shape, $nodes nodes, $agents agents): scripts failed: $scripts (calls, µs, failures)" ;;
	esac
	emit_row "$row" "$how" "\"redis_ns\":$redis_ns,\"front_ns\":$front_ns,\"scripts\":${scripts%% *},\"script_us\":$(echo "$scripts" | cut -d ' ' -f 2),$figures"
}
