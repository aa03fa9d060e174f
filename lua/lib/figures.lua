-- A heartbeat that brings new figures of a node and nothing else, as nearly all do. For these it
-- keeps, at less cost, what nodes.save keeps: totals and placement indexes agree with the record.

local keys = require("lib.keys")
local least_loaded = require("lib.strategies.least_loaded")
local placement = require("lib.placement")
local strategies = require("lib.strategies")
local text = require("lib.text")
local totals = require("lib.totals")

local figures = {}

-- Adds to a sum of the totals, in thousandths.
local function add(name, before, after)
	if before ~= after then
		totals.add(name, math.floor(after * 1000 + 0.5) - math.floor(before * 1000 + 0.5))
	end
end

-- Writes the figures, as text, "" for those that stay, to a node that is neither suspect nor
-- offline; v: its record as node_row.fetch gives it, which is changed likewise. The caller has
-- fetched the sums of usage and flushes the totals. Returns the node's load.
function figures.write(settings, id, v, cpu, memory, disk, load_average, now, ttl_ms)
	local role, status, healthy, class = v[4], v[5], v[6], v[21]
	local cpu_was, memory_was, disk_was, load_was = v[11] or "0", v[12] or "0", v[13] or "0", v[14] or "0"
	cpu = cpu ~= "" and cpu or cpu_was
	memory = memory ~= "" and memory or memory_was
	disk = disk ~= "" and disk or disk_was
	load_average = load_average ~= "" and load_average or load_was
	if healthy == "1" then
		add("cpu_usage", cpu_was, cpu)
		add("memory_usage", memory_was, memory)
		add("disk_usage", disk_was, disk)
		add("load_average", load_was, load_average)
	end
	v[11], v[12], v[13], v[14], v[19], v[20] = cpu, memory, disk, load_average, text.int(now), ttl_ms
	redis.call("HSET", keys.node .. id, "cpu_usage", cpu, "memory_usage", memory, "disk_usage", disk,
		"load_average", load_average, "last_heartbeat", v[19], "heartbeat_ttl_ms", ttl_ms)

	local node = { max_agents = tonumber(v[8]), active_agents = tonumber(v[9]),
		cpu_usage = tonumber(cpu), memory_usage = tonumber(memory),
		role = role, status = status, healthy = healthy, suspect = "" }
	local score = least_loaded(node, settings)
	if (cpu ~= cpu_was or memory ~= memory_was) and placement.eligible(node) then
		for i = 1, #settings.kept do
			local name = settings.kept[i]
			if strategies.by_usage[name] then
				redis.call("ZADD", placement.index(name, class), strategies.score[name](node, settings), id)
			end
		end
	end
	return score
end

return figures
