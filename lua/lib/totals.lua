-- Counters of the whole cluster, kept as things change, so that statistics cost the same at any size.
-- Usage sums are whole thousandths, so that they never drift.
-- t.totals has the values that were read, t.deltas what this call adds to them; t.epoch the last epoch that it
-- has given out, t.placed how many agents it has placed on request, by strategy.

local keys = require("lib.keys")
local text = require("lib.text")

local totals = {}

-- A value longer than 64 bytes makes Redis keep the hash as a hash table instead of a listpack. Each
-- counter is then found without a search, at half the cost.
local ABOUT = "Counters over all nodes and agents; the script of each change keeps them."

-- Reads the named counters in one call, so that totals.get answers from memory.
function totals.fetch(t, ...)
	local names, values = { ... }, t.totals
	local found = redis.call("HMGET", keys.totals, ...)
	for i = 1, #names do
		values[names[i]] = tonumber(found[i] or 0)
	end
end

-- A counter, including what this call has added.
function totals.get(t, name)
	if not t.totals[name] then
		totals.fetch(t, name)
	end
	return t.totals[name] + (t.deltas[name] or 0)
end

-- Adds to a counter.
function totals.add(t, name, delta)
	t.deltas[name] = (t.deltas[name] or 0) + delta
end

-- Raises a counter to at least `value`.
function totals.raise(t, name, value)
	local is = totals.get(t, name)
	if value > is then
		totals.add(t, name, value - is)
	end
end

-- The next fencing token: above all that any agent has had or that a node has seen, and never below the
-- clock, so that it does not repeat where a failover lost the last ones.
function totals.next_epoch(t)
	local epoch = (t.epoch or totals.get(t, "epoch")) + 1
	if epoch < t.now then
		epoch = t.now
	end
	t.epoch = epoch
	return epoch
end

-- Reads what totals.write needs and nobody has read yet. Part of tx.commit, before its first write.
function totals.prepare(t)
	if t.epoch then
		totals.raise(t, "epoch", t.epoch)
	end
	for strategy, number in pairs(t.placed) do
		totals.add(t, "placed_requested_" .. strategy, number)
	end
	local missing = {}
	for name in pairs(t.deltas) do
		if not t.totals[name] then
			missing[#missing + 1] = name
		end
	end
	if missing[1] then
		totals.fetch(t, unpack(missing))
	end
end

-- Writes the counters that have changed. Part of tx.commit.
function totals.write(t)
	local args, values = {}, t.totals
	for name, delta in pairs(t.deltas) do
		if delta ~= 0 then
			args[#args + 1] = name
			args[#args + 1] = text.int(values[name] + delta)
		end
	end
	if args[1] and redis.call("HSET", keys.totals, unpack(args)) > 0 then
		redis.call("HSET", keys.totals, "about", ABOUT)
	end
end

return totals
