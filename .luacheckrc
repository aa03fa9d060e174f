std = "lua51"
max_line_length = 110
files["lua/lib"] = { read_globals = { "redis", "cjson", "KEYS", "ARGV" } }
files["lua/*_*.lua"] = { read_globals = { "redis", "cjson", "KEYS", "ARGV" } }
