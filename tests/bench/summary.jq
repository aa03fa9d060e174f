# All measurements, one on each line of the input, as one document: medians over the rounds for the grid and the
# peers, and the figures that have a target, in each shape of the cluster. What was not measured is null.

def median: map(select(. != null)) | sort | if length == 0 then null
	elif length % 2 == 1 then .[length / 2 | floor]
	else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def section($name): map(select(.section == $name));
def of($row; $how): map(select(.row == $row and .how == $how));
def per_op($ns): map(.[$ns] / .ops / 1000) | median;

# The median over the rounds of the ratio between two lists of measurements, by a figure of each.
def paired($a; $b; f): [$a[] as $x | $b[] | select(.round == $x.round) | ($x | f) / (. | f)] | median;

def grid: section("grid") | group_by([.shape, .row, .nodes, .agents]) | map(
	map(select(.how == "raw")) as $raw | map(select(.how == "http")) as $http | {
		shape: .[0].shape, row: .[0].row, nodes: .[0].nodes, agents: .[0].agents,
		raw_per_s: ($raw | map(.per_s) | median), http_per_s: ($http | map(.per_s) | median),
		ratio: paired($http; $raw; .per_s),
		redis_us: ($http | per_op("redis_ns")), raw_redis_us: ($raw | per_op("redis_ns")),
		front_us: ($http | per_op("front_ns")),
		p50_us: ($http | map(.p50_us) | median), p99_us: ($http | map(.p99_us) | median),
		ms: (if .[0].row == "sweep" then $http | map(.seconds * 1000) | median else null end),
		redis_ms: (if .[0].row == "sweep" then $http | map(.redis_ns / 1e6) | median else null end)
	});

def peers: section("peers") | group_by([.row, .how, .durability]) | map({
	row: .[0].row, how: .[0].how, durability: .[0].durability,
	per_s: (map(.per_s) | median), p50_us: (map(.p50_us) | median), p99_us: (map(.p99_us) | median)});

# A figure, measured in each shape. `f` finds it among the measurements of one shape; those that do not depend
# on the shape count as plain.
def figure($name; $sign; $target; f):
	def value($shape): map(select((.shape // "plain") == $shape)) | f;
	{figure: $name, sign: $sign, target: $target, plain: value("plain"), classes: value("classes")};

def sizes_figures: (section("sizes") | map(.nodes) | unique) as $n |
	def at($nodes): section("sizes") | map(select(.nodes == $nodes));
	def assigns($nodes; $how): at($nodes) | of("assign"; $how);
	def http_to_raw($nodes): paired(assigns($nodes; "http"); assigns($nodes; "raw"); .per_s);
	def time_ratio($row): paired(at($n[1]) | of($row; "http"); at($n[0]) | of($row; "http"); .seconds / .ops);
	if $n == [] then empty else
		figure("assignments by HTTP / by raw EVALSHA, \($n[0]) nodes"; ">="; 0.65; http_to_raw($n[0])),
		figure("assignments by HTTP / by raw EVALSHA, \($n[2]) nodes"; ">="; 0.65; http_to_raw($n[2])),
		figure("Redis' processor time for an assignment, \($n[0]) nodes, µs"; "<="; 15; assigns($n[0]; "http") | per_op("redis_ns")),
		figure("the same at \($n[2]) nodes / at \($n[0])"; "<="; 1.2;
			paired(assigns($n[2]; "http"); assigns($n[0]; "http"); .redis_ns / .ops)),
		figure("Redis' processor time for a heartbeat, \($n[0]) nodes, µs"; "<="; 12; at($n[0]) | of("heartbeat"; "http") | per_op("redis_ns")),
		figure("Redis' processor time for a heartbeat, \($n[2]) nodes, µs"; "<="; 12; at($n[2]) | of("heartbeat"; "http") | per_op("redis_ns")),
		(("stats", "leader", "balance") as $row |
			figure("\($row): time at \($n[1]) nodes / at \($n[0])"; "<="; 1.2; time_ratio($row)))
	end;

def fill_figures: (section("memory") | group_by(.nodes) | map(.[0])) as $fills |
	if $fills == [] then empty else
		($fills[0].nodes) as $nodes |
		def batch: section("fill") | map(select(.row == "assign_batch" and .nodes == $nodes)) | first;
		figure("agents placed in a second by batches, \($nodes) nodes"; ">="; 150000; batch.per_s),
		figure("seconds for \($fills[0].agents) agents in batches"; "<="; 10; batch.seconds),
		figure("Redis' processor time for an agent of a batch, µs"; null; null; batch | if . then .redis_ns / .ops / 1000 else null end),
		($fills[] as $fill | $fill.nodes as $n | ($fill.agents / $n | floor) as $each |
			def at: section("memory") | map(select(.nodes == $n)) | first;
			figure("Redis' memory for an agent, \($each) on a node, bytes"; "<="; 320; at | if . then .bytes / .agents else null end),
			figure("events alone, \($each) on a node, bytes for an agent"; null; null; at | if . then .events_bytes / .agents else null end))
	end;

def peer_figures:
	def at: section("peers");
	def assigns($durability): at | of("assign"; "muster") | map(select(.durability == $durability));
	figure("lookups by HTTP / GET of webdis"; ">="; 1.1; paired(at | of("lookup"; "muster"); at | of("lookup"; "webdis"); .per_s)),
	figure("assignments (AOF everysec) / etcd creating a key by HTTP (fsync)"; ">="; 6; paired(assigns("AOF everysec"); at | of("assign"; "etcd"); .per_s)),
	figure("assignments (AOF always) / etcd creating a key by HTTP (fsync)"; null; null; paired(assigns("AOF always"); at | of("assign"; "etcd"); .per_s)),
	figure("assignments (AOF always) / puts by etcd's own client (check perf)"; null; null;
		(assigns("AOF always") | map(.per_s) | median) as $assign |
		(at | of("put"; "etcdctl-check-perf") | map(.per_s) | median) as $put | if $assign and $put then $assign / $put else null end);

def instruction_figures:
	def front($row): section("instructions") | map({(.row): .count}) | add // {} |
		if .[$row] and .["hello_" + $row] then .[$row] / .["hello_" + $row] else null end;
	def redis($row): section("redis_instructions") | map(select(.row == $row) | .count / 1000) | first;
	figure("instructions of the front-end for an assignment / of a bare server"; "<="; 2.5; front("assign")),
	figure("instructions of the front-end for a lookup / of a bare server"; null; null; front("lookup")),
	(("assign", "release", "lookup", "heartbeat") as $row |
		figure("thousand instructions of Redis for \($row), 16 in a call"; null; null; redis($row)));

def other_figures:
	figure("longest script, everything at once, ms"; "<="; 5; section("longest") | map(.ms) | first),
	figure("99th percentile of assignments at half of the highest rate, ms"; "<="; 3; section("latency") | map(select(.how == "half") | .p99_us / 1000) | median);

def met($quick; $value): if $quick or $value == null or .target == null then null
	elif .sign == ">=" then $value >= .target else $value <= .target end;

(section("run") | first) as $run | {
	run: ($run | del(.section)),
	grid: grid,
	peers: peers,
	figures: [(sizes_figures, fill_figures, peer_figures, instruction_figures, other_figures) |
		select(.plain != null or .classes != null) |
		. + {met: {plain: met($run.quick; .plain), classes: met($run.quick; .classes)}}],
	measurements: map(select(.section != "run"))
}
