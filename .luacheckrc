std = "lua51"
max_line_length = 110
-- item, parts, replies and row are declarations, which lua/contract.lua replaces.
files["lua/lib"] = { read_globals = { "redis", "cjson", "KEYS", "ARGV", "parts" } }
files["lua/lib/rows"] = { read_globals = { "row" } }
files["lua/*_*.lua"] = { read_globals = { "redis", "cjson", "KEYS", "ARGV", "item", "parts", "replies" } }
