# The document of summary.jq as text: the rows, the peers, and the figures beside their targets.

def pad($n): tostring | if length < $n then (" " * ($n - length)) + . else . end;
def pad_right($n): tostring | if length < $n then . + (" " * ($n - length)) else . end;

# A number with two or three significant digits; a dash for null.
def short: if . == null then "-" elif . >= 100 then (. + 0.5 | floor | tostring)
	elif . >= 10 then (. * 10 + 0.5 | floor / 10 | tostring)
	else (. * 100 + 0.5 | floor / 100 | tostring) end;
def ms: if . == null then null else . / 1000 end;

def columns: (.[0] | pad_right(16)) + (.[1] | pad_right(8)) + (.[2:] | map(pad(11)) | join(""));

def order: ["register", "leave", "heartbeat", "assign", "assign_batch", "lookup", "release", "release_batch",
	"nodes_page", "agents_page", "stats", "leader", "balance"];

def grid_lines:
	(["row", "shape", "nodes", "agents", "raw/s", "HTTP/s", "ratio", "Redis µs", "front µs", "p50 ms", "p99 ms"] | columns),
	(.grid as $grid | order[] as $row | ("plain", "classes") as $shape |
		$grid | map(select(.row == $row and .shape == $shape)) | sort_by([.nodes, .agents])[] |
		[.row, .shape, .nodes, .agents, (.raw_per_s | short), (.http_per_s | short), (.ratio | short),
			(.redis_us | short), (.front_us | short), (.p50_us | ms | short), (.p99_us | ms | short)] | columns),
	(.grid | map(select(.row == "sweep"))[] |
		"sweep, \(.shape), \(.nodes) nodes, \(.agents) agents: \(.ms | short) ms from offline to the last agent placed, \(.redis_ms | short) ms of Redis");

def peer_lines: .peers[] | "\(.row | pad_right(8)) \(.how | pad_right(20)) \(.durability | pad_right(22)) \(.per_s | short | pad(9))/s  p99 \(.p99_us | ms | short) ms";

def verdict: if . == null then "" elif . then "yes" else "NO" end;
def cells: "| \(.[0] | pad_right(68)) | \(.[1:] | map(pad(9)) | join(" | ")) |";

def figure_lines:
	(["figure", "target", "plain", "met", "classes", "met"] | cells),
	([("-" * 68), (range(5) | "-" * 9)] | cells),
	(.figures[] |
		[.figure, (if .target == null then "" else "\(.sign) \(.target)" end),
			(.plain | short), (.met.plain | verdict), (.classes | short), (.met.classes | verdict)] | cells);

"\(.run.cpus) × \(.run.cpu), Redis \(.run.redis), \(.run.commit)",
"", grid_lines,
"", peer_lines,
"", figure_lines
