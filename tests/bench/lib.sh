# shellcheck shell=sh disable=SC2034,SC2154
# For the scripts of the bench, to be sourced: servers that end with it, processor time by process,
# and one JSON line for each measurement. A failure anywhere ends the run with status 1.
# Wants: $build, $dir (of the run's own), $lines (where the JSON lines go), $clients (connections);
# and of whoever measures $section, $nodes, $agents, $round.

api=/api/cluster
prefix='muster:{bench}:'

fail() {
	echo "bench: $*" >&2
	exit 1
}

say() { echo "$(date +%T) $*" >&2; }

# One line, of fields as JSON has them.
emit() { printf '{%s}\n' "$1" >>"$lines"; }

emit_row() { # ROW HOW FIELDS
	emit "\"section\":\"$section\",\"row\":\"$1\",\"how\":\"$2\",\"nodes\":$nodes,\"agents\":$agents,\"round\":$round,$3"
}

end_all() {
	for file in "$dir"/*.pid; do
		[ ! -e "$file" ] || kill -TERM "$(cat "$file")" 2>/dev/null || true
		[ ! -e "$file" ] || kill -CONT "$(cat "$file")" 2>/dev/null || true # as `load -w` may have stopped it
	done
	wait
	rm -rf "$dir"
}

begin_all() {
	trap end_all EXIT
	trap 'exit 130' INT TERM
}

start() { # NAME COMMAND...: its pid is in $dir/NAME.pid, what it says in $dir/NAME.log
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

until_true() { # COMMAND...: for at most a minute
	deadline=$(($(date +%s) + 60))
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt "$deadline" ] || fail "waited for: $*"
		sleep 0.02
	done
}

cli() { redis-cli -s "$socket" "$@"; }

start_redis() { # NAME OPTION...: $socket, $redis_pid
	redis_name=$1
	shift
	socket=$dir/$redis_name.sock
	mkdir -p "$dir/$redis_name"
	# shellcheck disable=SC2086 # empty, or a command and its options
	start "$redis_name" ${redis_under:-} redis-server --unixsocket "$socket" --dir "$dir/$redis_name" --save '' --port 0 "$@"
	redis_pid=$(cat "$dir/$redis_name.pid")
	until_true answers
	for file in "$build"/lua/*.lua; do cli -x script load <"$file" >/dev/null; done
}
answers() { [ "$(cli ping)" = PONG ]; }

# The option's -heartbeat-ttl: nodes of the bench beat when it says so, and live for its length.
start_musterd() { # NAME REDIS_URL OPTION...: $port, $front_pid
	musterd_name=$1 musterd_redis=$2
	shift 2
	start "$musterd_name" "$build/musterd" -port 0 -redis "$musterd_redis" -namespace bench -heartbeat-ttl 1h "$@"
	front_pid=$(cat "$dir/$musterd_name.pid")
	until_true is_ready "$musterd_name"
	port=$(port_of "$musterd_name")
}
port_of() { sed -n 's/.*listens on http:[^ ]*:\([0-9]*\),.*/\1/p' "$dir/$1.log"; }
is_ready() { [ -n "$(port_of "$1")" ] && curl -sf "localhost:$(port_of "$1")/readyz"; }

get() { curl -sf "localhost:$port$api/$1" || fail "GET $1"; }
post() { curl -sf --json "$2" "localhost:$port$api/$1" || fail "POST $1 $2"; }

# Has the placement index be built, which the first assignment of a cluster does in steps.
warm_index() {
	post assignments '{"agent_id":"warm"}' >/dev/null
	curl -sf -X DELETE "localhost:$port$api/assignments/warm" || fail 'DELETE assignments/warm'
}

# Nanoseconds of processor time that all threads of a process have had.
cpu_ns() { cat /proc/"$1"/task/*/schedstat | awk '{ ns += $1 } END { printf "%.0f", ns }'; }

# Waits until Redis does next to nothing: a new leader first renews the heartbeats of all.
wait_quiet() {
	deadline=$(($(date +%s) + 120))
	calm=0
	while [ "$calm" -lt 3 ]; do
		[ "$(date +%s)" -lt "$deadline" ] || fail 'Redis finds no rest'
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

# The same figures as `load` prints, from redis-benchmark. Its connections are as many.
benchmark() { # REQUESTS RANGE ITEMS COMMAND...
	requests=$1 range=$2 items=$3
	shift 3
	redis-benchmark -s "$socket" -c "$clients" -n "$requests" -r "$range" --csv --precision 3 "$@" |
		awk -F '"' -v n="$requests" -v items="$items" -v clients="$clients" '
		END {
			# Counted from the end, for the call itself, which comes first, may hold anything.
			rate = $(NF - 13) ~ /inf/ ? clients * 1000 / $(NF - 11) : $(NF - 13) # inf: within a millisecond
			if (!(rate > 0)) exit 1
			printf "\"ops\":%d,\"seconds\":%.6f,\"per_s\":%.1f,\"p50_us\":%.1f,\"p99_us\":%.1f",
				n * items, n / rate, rate * items, $(NF - 7) * 1000, $(NF - 3) * 1000
		}'
}

# calls, microseconds and failures of the scripts since the last CONFIG RESETSTAT
script_stat() {
	cli info commandstats | tr -d '\r' | awk -F '[:=,]' '
		/^cmdstat_evalsha/ { for (i = 2; i < NF; i += 2) sum[$i] += $(i + 1) }
		END { printf "%d %d %d\n", sum["calls"], sum["usec"], sum["rejected_calls"] + sum["failed_calls"] }'
}

# Runs a command that prints figures, between two looks at what Redis and the front-end have used.
# Where Redis counted a failed script, or no script at all, the measurement has failed.
measure() { # ROW HOW COMMAND...
	row=$1 how=$2
	shift 2
	cli config resetstat >/dev/null
	redis_ns=$(cpu_ns "$redis_pid") front_ns=$(cpu_ns "$front_pid")
	figures=$("$@") || fail "$row ($how, $nodes nodes, $agents agents) has failed"
	redis_ns=$(($(cpu_ns "$redis_pid") - redis_ns)) front_ns=$(($(cpu_ns "$front_pid") - front_ns))
	scripts=$(script_stat)
	case $scripts in
	'0 '*) fail "$row ($how): no script ran" ;;
	*' 0') ;;
	*) fail "$row ($how, $nodes nodes, $agents agents): scripts failed: $scripts (calls, µs, failures)" ;;
	esac
	emit_row "$row" "$how" "\"redis_ns\":$redis_ns,\"front_ns\":$front_ns,\"scripts\":${scripts%% *},\"script_us\":$(echo "$scripts" | cut -d ' ' -f 2),$figures"
}
