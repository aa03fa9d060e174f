# The measurements, one a line, as one document: medians over the rounds for the grid and the peers,
# and the figures that have a target. What was not measured is null, and neither met nor missed.

def median: map(select(. != null)) | sort | if length == 0 then null
	elif length % 2 == 1 then .[length / 2 | floor]
	else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def of($row; $how): map(select(.row == $row and .how == $how));
def per_op($ns): map(.[$ns] / .ops / 1000) | median;

# The ratio of two lists of measurements, round by round, by a figure of each.
def paired($a; $b; f): [$a[] as $x | $b[] | select(.round == $x.round) | ($x | f) / (. | f)] | median;

def grid: map(select(.section == "grid")) | group_by([.row, .nodes, .agents]) | map(
	map(select(.how == "raw")) as $raw | map(select(.how == "http")) as $http | {
		row: .[0].row, nodes: .[0].nodes, agents: .[0].agents,
		raw_per_s: ($raw | map(.per_s) | median), http_per_s: ($http | map(.per_s) | median),
		ratio: paired($http; $raw; .per_s),
		redis_us: ($http | per_op("redis_ns")), raw_redis_us: ($raw | per_op("redis_ns")),
		front_us: ($http | per_op("front_ns")),
		p50_us: ($http | map(.p50_us) | median), p99_us: ($http | map(.p99_us) | median),
		ms: (if .[0].row == "sweep" then $http | map(.seconds * 1000) | median else null end),
		redis_ms: (if .[0].row == "sweep" then $http | map(.redis_ns / 1e6) | median else null end)
	});

def peers: map(select(.section == "peers")) | group_by([.row, .how, .durability]) | map({
	row: .[0].row, how: .[0].how, durability: .[0].durability,
	per_s: (map(.per_s) | median), p50_us: (map(.p50_us) | median), p99_us: (map(.p99_us) | median)});

def figure($name; $value; $sign; $target): {figure: $name, value: $value, sign: $sign, target: $target};

def sizes_figures: map(select(.section == "sizes")) | (map(.nodes) | unique) as $n |
	def at($nodes): map(select(.nodes == $nodes));
	def time_ratio($row): at($n[1]) as $large | at($n[0]) as $small |
		paired($large | of($row; "http"); $small | of($row; "http"); .seconds / .ops);
	if length == 0 then empty else
		figure("assign through HTTP / raw EVALSHA, at \($n[0]) nodes"; at($n[0]) | paired(of("assign"; "http"); of("assign"; "raw"); .per_s); ">="; 0.65),
		figure("the same at \($n[2]) nodes"; at($n[2]) | paired(of("assign"; "http"); of("assign"; "raw"); .per_s); ">="; 0.65),
		figure("Redis CPU per assign at \($n[0]) nodes, µs"; at($n[0]) | of("assign"; "http") | per_op("redis_ns"); "<="; 15),
		figure("the same at \($n[2]) nodes / at \($n[0])";
			paired(at($n[2]) | of("assign"; "http"); at($n[0]) | of("assign"; "http"); .redis_ns / .ops); "<="; 1.2),
		figure("Redis CPU per heartbeat at \($n[0]) nodes, µs"; at($n[0]) | of("heartbeat"; "http") | per_op("redis_ns"); "<="; 12),
		figure("the same at \($n[2]) nodes, µs"; at($n[2]) | of("heartbeat"; "http") | per_op("redis_ns"); "<="; 12),
		(("stats", "leader", "balance") as $row |
			figure("\($row): time at \($n[1]) nodes / at \($n[0])"; time_ratio($row); "<="; 1.2))
	end;

def fill_figures: (map(select(.section == "fill" and .row == "assign_batch")) | first) as $batch |
	figure("batch: agents placed per second, \($batch.nodes // 5000) nodes"; $batch.per_s; ">="; 150000),
	figure("batch: seconds for \($batch.ops // 1000000) agents"; $batch.seconds; "<="; 10),
	figure("batch: Redis CPU per agent, µs"; $batch | if . then .redis_ns / .ops / 1000 else null end; null; null),
	(map(select(.section == "memory"))[] |
		figure("Redis memory per standing agent, \(.agents / .nodes | floor) to a node, bytes"; .bytes / .agents; "<="; 300),
		figure("of it the event stream"; .events_bytes / .agents; null; null));

def peer_figures: map(select(.section == "peers")) |
	def assign_at($durability): of("assign"; "muster") | map(select(.durability == $durability));
	figure("lookup through HTTP / webdis GET"; paired(of("lookup"; "muster"); of("lookup"; "webdis"); .per_s); ">="; 1.1),
	figure("assign (AOF everysec) / etcd create-if-absent over HTTP (fsync)"; paired(assign_at("AOF everysec"); of("assign"; "etcd"); .per_s); ">="; 6),
	figure("the same with Redis' AOF at fsync always"; paired(assign_at("AOF always"); of("assign"; "etcd"); .per_s); null; null),
	figure("assign (AOF always) / puts by etcd's own client (check perf)";
		(assign_at("AOF always") | map(.per_s) | median) as $assign |
		(of("put"; "etcdctl-check-perf") | map(.per_s) | median) as $put | if $assign and $put then $assign / $put else null end; null; null);

def other_figures: (map(select(.section == "instructions")) | map({(.row): .count}) | add // {}) as $n |
	figure("front-end instructions per assign / bare hello"; if $n.assign and $n.hello_assign then $n.assign / $n.hello_assign else null end; "<="; 2.5),
	figure("front-end instructions per lookup / bare hello"; if $n.lookup and $n.hello_lookup then $n.lookup / $n.hello_lookup else null end; null; null),
	(map(select(.section == "longest")) | first) as $longest |
	figure("longest script (\($longest.script // "none")), ms"; $longest.ms; "<="; 5),
	figure("p99 of assign at half of the maximum rate, ms"; map(select(.section == "latency" and .how == "half") | .p99_us / 1000) | median; "<="; 3);

def judged($quick): . + {met: (if $quick or .value == null or .target == null then null
	elif .sign == ">=" then .value >= .target else .value <= .target end)};

(map(select(.section == "run")) | first) as $run | {
	run: ($run | del(.section)),
	grid: grid,
	peers: peers,
	figures: [(sizes_figures, fill_figures, peer_figures, other_figures) | judged($run.quick)],
	measurements: map(select(.section != "run"))
}
