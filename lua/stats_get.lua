#!lua flags=no-writes
-- Statistics of the cluster, from counters: the same work at any size.
-- Reply: {"ok", "", stats row, placements row, …}, one for each strategy in the order of
--   lib/strategies.lua.

local hold = require("lib.hold")
local keys = require("lib.keys")
local lease = require("lib.lease")
local pending = require("lib.pending")
local placement_counts = require("lib.placement_counts")
local placements_row = require("lib.rows.placements")
local resources = require("lib.resources")
local stats_row = require("lib.rows.stats")
local strategies = require("lib.strategies")
local text = require("lib.text")
local tx = require("lib.tx")

local LAPSED_MAX = 1000 -- expired nodes that are looked at one by one

replies("stats", { "placements" })
local t = tx.open()

local v = redis.call("HMGET", keys.totals, "nodes_online", "nodes_offline", "nodes_draining",
	"nodes_healthy", "pending", "capacity", "room", "cpu_usage", "memory_usage", "disk_usage",
	"load_average")
for i = 1, #v do
	v[i] = tonumber(v[i] or 0)
end
local healthy = v[4]
for i = 8, 11 do
	v[i] = healthy > 0 and v[i] / healthy / 1000 or 0
end
-- nodes_healthy still counts nodes whose heartbeat has expired since node_expire.lua last looked, except
-- those that report themselves unhealthy.
local now = t.at
local lapsed = redis.call("ZCOUNT", keys.deadlines, "-inf", now)
if lapsed > 0 then
	local ids = redis.call("ZRANGEBYSCORE", keys.deadlines, "-inf", now, "LIMIT", 0, LAPSED_MAX)
	for i = 1, #ids do
		if redis.call("HGET", keys.node .. ids[i], "healthy") ~= "1" then
			lapsed = lapsed - 1
		end
	end
	v[4] = math.max(healthy - lapsed, 0)
end

local placed = placement_counts.load()
local assigned = placement_counts.assigned(placed)
local by_strategy = {}
for i = 1, #strategies.names do
	local name = strategies.names[i]
	by_strategy[i] = placements_row(name, text.int(placed.by_strategy[name]))
end

local leader, _, term = lease.holder()
return { "ok", "", stats_row(
	text.int(v[1] + v[2] + v[3]), text.int(v[1]), text.int(v[2]), text.int(v[3]), text.int(v[4]),
	text.int(assigned), text.int(v[5]), text.int(v[6]), text.int(v[7] - assigned),
	string.format("%.1f", v[6] > 0 and assigned / v[6] * 100 or assigned > 0 and 100 or 0),
	text.figure(v[8]), text.figure(v[9]), text.figure(v[10]), text.figure(v[11]),
	text.int(placed.by_reason.requested), text.int(placed.by_reason.node_lost),
	text.int(placed.by_reason.node_left), "0", "0", "0",
	t.strategy, leader or "", term or "", hold.load().on and "1" or "0", resources.shown(),
	pending.waiting()
), unpack(by_strategy) }
