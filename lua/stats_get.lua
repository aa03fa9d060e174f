#!lua flags=no-writes
-- The cluster in figures, from counters: the same work at any size.
-- Reply: {"ok", "", row, placements by strategy: "round_robin=0 random=3 …"}, the row in the order
--   of stats_out in src/api/stats.c: usage is the mean of the healthy nodes, utilization the
--   percentage of capacity that is assigned; leader id and term are "" where nobody leads.

local clock = require("lib.clock")
local hold = require("lib.hold")
local keys = require("lib.keys")
local lease = require("lib.lease")
local settings = require("lib.settings").load()
local strategies = require("lib.strategies")
local text = require("lib.text")

local LAPSED_MAX = 1000 -- looked at one by one

local v = redis.call("HMGET", keys.totals, "nodes_online", "nodes_offline", "nodes_draining",
	"nodes_healthy", "assigned", "pending", "capacity", "available", "cpu_usage", "memory_usage",
	"disk_usage", "load_average", "placed_requested", "placed_node_lost", "placed_node_left",
	"placed_drained", "placed_rebalanced", "placed_migrated")
for i = 1, #v do
	v[i] = tonumber(v[i] or 0)
end
local healthy = v[4]
for i = 9, 12 do
	v[i] = healthy > 0 and v[i] / healthy / 1000 or 0
end
-- Heartbeats that lapsed since the last sweep still count as healthy, but for those nodes that
-- had said themselves that they are not.
local now = text.int(clock.now())
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

local fields, placed_by = {}, {}
for i = 1, #strategies.names do
	fields[i] = "placed_by_" .. strategies.names[i]
end
local by = redis.call("HMGET", keys.totals, unpack(fields))
for i = 1, #fields do
	placed_by[i] = strategies.names[i] .. "=" .. (by[i] or "0")
end

local leader, _, term = lease.holder()
return { "ok", "", {
	text.int(v[1] + v[2] + v[3]), text.int(v[1]), text.int(v[2]), text.int(v[3]), text.int(v[4]),
	text.int(v[5]), text.int(v[6]), text.int(v[7]), text.int(v[8]),
	string.format("%.1f", v[7] > 0 and v[5] / v[7] * 100 or 0),
	text.figure(v[9]), text.figure(v[10]), text.figure(v[11]), text.figure(v[12]),
	text.int(v[13]), text.int(v[14]), text.int(v[15]), text.int(v[16]), text.int(v[17]),
	text.int(v[18]),
	settings.strategy, leader or "", term or "", hold.load().on and "1" or "0",
}, table.concat(placed_by, " ") }
