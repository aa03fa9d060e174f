# shellcheck shell=sh disable=SC2034,SC2154
# Other programs that could do part of muster's work, on the same load generator, in turns with muster: webdis
# looks up a key, etcd creates a key that must not exist yet. musterd and webdis speak TCP to their Redis. Each
# line says how durable the answers are.

peer() { PATH=$build/peers/usr/bin:$PATH LD_LIBRARY_PATH=$(echo "$build"/peers/usr/lib/*) "$@"; }
has_peers() { for peer_name in webdis etcd etcdctl; do peer command -v $peer_name >/dev/null || return 1; done; }

unused_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Like measure, without the processor times: it knows nothing of these servers.
compare() { # ROW HOW DURABILITY COMMAND...
	row=$1 how=$2 durability=$3
	shift 3
	figures=$("$@") || fail "$row of $how has failed"
	emit_row "$row" "$how" "\"durability\":\"$durability\",$figures"
}

start_webdis() {
	webdis_port=$(unused_port)
	cat >"$dir/webdis.json" <<JSON
{"redis_host": "127.0.0.1", "redis_port": $redis_port, "http_host": "127.0.0.1", "http_port": $webdis_port,
 "threads": 1, "pool_size": 10, "daemonize": false, "verbosity": 0, "logfile": "$dir/webdis.out",
 "acl": [{"disabled": ["DEBUG"]}]}
JSON
	peer start webdis webdis "$dir/webdis.json"
	until_true curl -sf "localhost:$webdis_port/PING"
}

# webdis looks up strings of the same length as the reply with an assignment.
lookups() {
	start_webdis
	request assign -n "$ops" >/dev/null
	length=$(get assignments/h-000000000000 | wc -c)
	awk -v n="$ops" -v length_of="$length" '
		BEGIN {
			value = sprintf("%*s", length_of, "")
			gsub(/ /, "x", value)
			for (i = 0; i < n; i++) printf "SET w-%012d %s\r\n", i, value
		}' | cli --pipe >/dev/null
	whom=h known=$ops
	for round in $(seq $((rounds * 2))); do
		compare lookup muster none request lookup -n "$ops"
		compare lookup webdis none load -a "$webdis_port" -n "$ops" -x xxx "/GET/w-%d"
	done
	request release -n "$ops" >/dev/null
	stop webdis
}

start_etcd() { # OPTION...
	etcd_port=$(unused_port) etcd_peer_port=$(unused_port)
	rm -rf "$dir/etcd"
	ETCD_UNSUPPORTED_ARCH=$(uname -m | sed 's/aarch64/arm64/') peer start etcd etcd --name default --data-dir "$dir/etcd" \
		--listen-client-urls "http://127.0.0.1:$etcd_port" --advertise-client-urls "http://127.0.0.1:$etcd_port" \
		--listen-peer-urls "http://127.0.0.1:$etcd_peer_port" --logger zap --log-level error
	until_true curl -sf "localhost:$etcd_port/health"
}

# Each transaction creates a key on the condition that the key does not exist.
etcd_creates() { # FIRST REQUESTS
	load -a "$etcd_port" -f "$1" -n "$2" -x '"succeeded":true' -X POST \
		-b '{"compare":[{"target":"CREATE","key":"%b","create_revision":"0"}],"success":[{"request_put":{"key":"%b","value":"bm9kZS0xMjM="}}]}' \
		/v3/kv/txn
}

# etcdctl has one command that puts load on a server: it writes keys, without a condition, for a minute.
etcd_own_client() {
	peer etcdctl --endpoints "http://127.0.0.1:$etcd_port" check perf --load xl >"$dir/perf" 2>&1 || true
	tr '\r' '\n' <"$dir/perf" | sed -n 's/.*Throughput[^0-9]*\([0-9]*\) writes\/s.*/\1/p' | tail -n 1 |
		awk '{ rate = $1 } END { if (!(rate > 0)) exit 1; printf "\"ops\":%d,\"seconds\":60,\"per_s\":%d", rate * 60, rate }'
}

# One etcdctl process for each request, one after the other.
etcd_txn_process() { # REQUESTS
	began=$(date +%s%N)
	for n in $(seq "$1"); do
		printf 'create("c-%s") = "0"\n\nput c-%s node-1\n\n\n' "$n" "$n" |
			ETCDCTL_API=3 peer etcdctl --endpoints "http://127.0.0.1:$etcd_port" txn | grep -q SUCCESS || return 1
	done
	awk -v n="$1" -v ns=$(($(date +%s%N) - began)) 'BEGIN { printf "\"ops\":%d,\"seconds\":%.3f,\"per_s\":%.1f", n, ns / 1e9, n * 1e9 / ns }'
}

creations() {
	start_etcd
	creates=$((ops / 2))
	for round in $(seq "$rounds"); do
		cli config set appendonly no >/dev/null
		assigns_round none "$ops"
		cli config set appendonly yes appendfsync everysec >/dev/null
		until_true cli_says 'aof_rewrite_in_progress:0' info persistence
		assigns_round 'AOF everysec' "$ops"
		cli config set appendfsync always >/dev/null
		assigns_round 'AOF always' "$ops"
		compare assign etcd 'fsync of each batch' etcd_creates $((round * creates)) "$creates"
	done
	round=1
	compare assign etcdctl-txn 'fsync of each batch' etcd_txn_process 50
	[ -n "$quick" ] || compare put etcdctl-check-perf 'fsync of each batch' etcd_own_client
	stop etcd
}
assigns_round() { # DURABILITY REQUESTS
	compare assign muster "$1" request assign -n "$2"
	request release -n "$2" >/dev/null
}

peers() {
	has_peers || return 0
	section=peers agents=0
	use_shape plain
	say 'peers'
	redis_port=$(unused_port)
	start_redis peers --port "$redis_port"
	nodes=1000
	populate_nodes $nodes
	start_musterd peers-front "redis://127.0.0.1:$redis_port"
	use_indexes
	wait_quiet
	lookups
	creations
	stop_stand peers
}
