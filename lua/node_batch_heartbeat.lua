#!lua
-- Heartbeats of many nodes, each as node_heartbeat would take it where it brings nothing but figures.
-- ARGV: items, a line for each: id, cpu_usage, memory_usage, disk_usage, load_average, healthy, status,
--   incarnation, term_seen, epoch_seen, heartbeat_ttl_ms, heartbeat_interval_ms, heartbeat_rate, a tab
--   between them; the last three are the same in all.
-- Reply: {"ok", "", item, item, …}, an item being node_heartbeat's reply as one text, a tab between its
--   elements, or "alone": it is for that script, and nothing has been written of it.

local figures = require("lib.figures")
local settings = require("lib.settings").load()

local T = "([^\t]*)\t"
local ITEM = "([^\t\n]*)\t" .. T .. T .. T .. T .. T .. T .. T .. T .. T .. T .. T .. "([^\n]*)\n"

local beats
local reply = { "ok", "" }
for id, cpu, memory, disk, load_average, healthy, status, incarnation, term_seen, epoch_seen, ttl_ms,
	interval_ms, rate in string.gmatch(ARGV[1], ITEM) do
	beats = beats or figures.begin(settings, ttl_ms, interval_ms, rate)
	local row = figures.take(beats, id, cpu, memory, disk, load_average, healthy, status, incarnation,
		term_seen, epoch_seen)
	reply[#reply + 1] = row and "ok\t\t" .. row or "alone"
end
figures.flush(beats)
return reply
