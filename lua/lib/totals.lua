-- Counters of the whole cluster, kept as things change so that statistics cost the same at any
-- size. Usage sums are whole thousandths, so that they never drift.

local keys = require("lib.keys")

local totals = {}

-- A text longer than a listpack takes has Redis keep the counters as a hash table, where each is
-- found at once: half the cost of every call that reads some of them.
local ABOUT = "Counters over all nodes and agents; the script of each change keeps them."

local values, deltas = {}, {}

-- Reads the named counters in one call, where several are needed; totals.get then answers from
-- memory.
function totals.fetch(...)
	local names = { ... }
	local found = redis.call("HMGET", keys.totals, ...)
	for i = 1, #names do
		values[names[i]] = tonumber(found[i] or 0)
	end
end

-- A counter with what this script has added.
function totals.get(name)
	if not values[name] then
		totals.fetch(name)
	end
	return values[name] + (deltas[name] or 0)
end

-- Adds to a counter; nothing is written before totals.flush.
function totals.add(name, delta)
	deltas[name] = (deltas[name] or 0) + delta
end

-- Lifts a counter to at least `value`.
function totals.raise(name, value)
	if not values[name] then
		totals.fetch(name)
	end
	if value > totals.get(name) then
		totals.add(name, value - totals.get(name))
	end
end

-- Writes what has been added. Called once, last.
function totals.flush()
	local missing = {}
	for name, delta in pairs(deltas) do
		if delta ~= 0 and not values[name] then
			missing[#missing + 1] = name
		end
	end
	if #missing > 0 then
		totals.fetch(unpack(missing))
	end
	local args = {}
	for name, delta in pairs(deltas) do
		if delta ~= 0 then
			args[#args + 1] = name
			args[#args + 1] = values[name] + delta
		end
	end
	if #args == 0 then
		return
	end
	if redis.call("HSET", keys.totals, unpack(args)) > 0 then
		redis.call("HSET", keys.totals, "about", ABOUT)
	end
end

return totals
