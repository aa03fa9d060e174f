-- A heartbeat that brings new figures of a node and nothing else, as nearly all do, in one piece. It
-- keeps what liveness, nodes.save and totals keep together, at half their cost: what a call spends
-- most on in Lua is the making of functions and tables.

local keys = require("lib.keys")
local least_loaded = require("lib.strategies.least_loaded")
local strategies = require("lib.strategies")
local text = require("lib.text")

local figures = {}

-- Takes the figures, as text, "" for those that stay, of a node that is neither suspect nor offline.
-- v: its record as node_row.fetch gives it, which is changed likewise; sums: the totals cpu_usage,
-- memory_usage, disk_usage and load_average as text. Returns the node's load.
function figures.take(settings, id, v, sums, cpu, memory, disk, load_average, now, ttl_ms)
	local call, at = redis.call, text.int(now)
	local cpu_was, memory_was, disk_was, load_was = v[11] or "0", v[12] or "0", v[13] or "0", v[14] or "0"
	cpu = cpu ~= "" and cpu or cpu_was
	memory = memory ~= "" and memory or memory_was
	disk = disk ~= "" and disk or disk_was
	load_average = load_average ~= "" and load_average or load_was
	v[11], v[12], v[13], v[14], v[19], v[20] = cpu, memory, disk, load_average, at, ttl_ms

	call("SET", keys.heartbeat .. id, at, "PX", ttl_ms)
	call("ZADD", keys.deadlines, now + ttl_ms, id)
	call("HSET", keys.node .. id, "cpu_usage", cpu, "memory_usage", memory, "disk_usage", disk,
		"load_average", load_average, "last_heartbeat", at, "heartbeat_ttl_ms", ttl_ms)
	-- Sums are of the healthy, in thousandths, so that they never drift.
	if v[6] == "1" and (cpu ~= cpu_was or memory ~= memory_was or disk ~= disk_was
		or load_average ~= load_was) then
		local floor = math.floor
		call("HSET", keys.totals,
			"cpu_usage", (sums[1] or 0) + floor(cpu * 1000 + 0.5) - floor(cpu_was * 1000 + 0.5),
			"memory_usage", (sums[2] or 0) + floor(memory * 1000 + 0.5) - floor(memory_was * 1000 + 0.5),
			"disk_usage", (sums[3] or 0) + floor(disk * 1000 + 0.5) - floor(disk_was * 1000 + 0.5),
			"load_average", (sums[4] or 0) + floor(load_average * 1000 + 0.5) - floor(load_was * 1000 + 0.5))
	end

	local most, active = tonumber(v[8]), tonumber(v[9])
	local node = { max_agents = most, active_agents = active, cpu_usage = cpu, memory_usage = memory }
	local score = least_loaded(node, settings)
	if (cpu ~= cpu_was or memory ~= memory_was)
		and v[5] == "online" and v[6] == "1" and active < most and v[4] ~= "replica" then
		for i = 1, #settings.kept do
			if strategies.by_usage[settings.kept[i]] then
				call("ZADD", keys.placement .. settings.kept[i] .. ":" .. v[21], score, id)
			end
		end
	end
	return score
end

return figures
