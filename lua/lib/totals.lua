-- Counters of the whole cluster, kept as things change, so that statistics cost the same at any size.
-- Usage sums are whole thousandths, so that they never drift.
-- t.totals has the values that were read, t.deltas what this call adds to them; t.epoch the last epoch that
-- it has given out, t.placed how many agents it has placed on request, by strategy.

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

-- Lets the epochs that this call gives out be above one that a node has seen.
function totals.raise_epoch(t, epoch)
	if epoch > (t.epoch or totals.get(t, "epoch")) then
		t.epoch, t.epoch_text = epoch, nil
	end
end

-- Makes the arguments by which totals.write writes what has changed, after reading what nobody has read yet.
-- Part of tx.commit, before its first write.
function totals.prepare(t)
	local args, values, missing = { keys.totals }, t.totals, nil
	for strategy, number in pairs(t.placed) do
		totals.add(t, "placed_requested_" .. strategy, number)
	end
	for name, delta in pairs(t.deltas) do
		local value = values[name]
		if not value then
			missing = missing or {}
			missing[#missing + 1] = name
		elseif delta ~= 0 then
			args[#args + 1] = name
			args[#args + 1] = text.int(value + delta)
		end
	end
	if missing then
		totals.fetch(t, unpack(missing))
		for i = 1, #missing do
			args[#args + 1] = missing[i]
			args[#args + 1] = text.int(values[missing[i]] + t.deltas[missing[i]])
		end
	end
	if t.epoch then
		args[#args + 1] = "epoch"
		args[#args + 1] = t.epoch_text or text.int(t.epoch)
	end
	if t.created then
		args[#args + 1] = "created"
		args[#args + 1] = text.int(t.created)
	end
	return args
end

-- Writes the counters that have changed. args: of totals.prepare. Part of tx.commit.
function totals.write(args)
	if args[2] and redis.call("HSET", unpack(args)) > 0 then
		redis.call("HSET", keys.totals, "about", ABOUT)
	end
end

return totals
