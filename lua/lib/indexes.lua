-- Which strategies have placement indexes: the cluster's own always, any other from its first use until it
-- has not been used for a while. An index is built node by node in bounded steps, so that no script holds
-- Redis for long however many nodes there are.

local keys = require("lib.keys")
local classes = require("lib.classes")
local nodes = require("lib.nodes")
local placement = require("lib.placement")
local writes = require("lib.writes")

local indexes = {}

local STEP = 100 -- nodes entered per call
local NOTED_MS = 60000 -- how often the use of an index is written down

-- Writes the list of complete indexes, after removing the strategy `without` and adding `with`; nil for none.
local function write_list(t, without, with)
	local names = { with }
	for i = 1, #t.kept do
		local name = t.kept[i]
		if name ~= without and name ~= t.building then
			names[#names + 1] = name
		end
	end
	table.sort(names)
	redis.call("HSET", keys.settings, "indexes", table.concat(names, ","))
end

-- True if the strategy's index is complete.
function indexes.complete(t, strategy)
	return t.complete[strategy]
end

-- True where the strategy's index must be complete before an agent can be answered that wants these services:
-- a node may take the agent, or it is to wait (waits) for one.
function indexes.missing(t, strategy, services, waits)
	return not t.complete[strategy] and (waits or classes.offering(t, services)[1] ~= nil)
end

-- Takes one step towards a complete index for `strategy`, which is not complete. The script must then write
-- nothing else and reply {"more"}, so that it is called again. Any caller continues where the last one
-- stopped. One index is built at a time.
-- rare: a strategy has no index yet
function indexes.build(t, strategy)
	local building = t.building or strategy
	local cursor = t.building and redis.call("HGET", keys.settings, "cursor")
	if not t.building then
		placement.drop(building)
	end
	local ids = redis.call("ZRANGEBYLEX", keys.nodes, cursor and "(" .. cursor or "-", "+", "LIMIT", 0,
		STEP)
	for i = 1, #ids do
		local node = nodes.load(t, ids[i])
		if node then
			placement.enter(t, building, node)
		end
	end
	if #ids < STEP then
		write_list(t, nil, building)
		redis.call("HDEL", keys.settings, "building", "cursor")
	else
		redis.call("HSET", keys.settings, "building", building, "cursor", ids[#ids])
	end
end

-- The strategy for a placement that no client waits for: `asked`, the one that the agent's request named or
-- nil, if its index is complete; else the cluster's; nil if that index is not complete either.
function indexes.usable(t, asked)
	if asked and t.complete[asked] then
		return asked
	end
	return t.complete[t.strategy] and t.strategy or nil
end

-- Notes that the strategy's index was used, at most once a minute. The cluster's own strategy needs no note.
-- rare: a request names a strategy
function indexes.note(t, strategy)
	if strategy == t.strategy then
		return
	end
	local field = "used:" .. strategy
	if not t.noted then
		t.noted = {}
	end
	if not t.noted[field] and t.now - (redis.call("HGET", keys.settings, field) or 0) > NOTED_MS then
		writes.add(t, "HSET", keys.settings, field, t.at)
	end
	t.noted[field] = true
end

-- Drops one index that nobody has used for idle_ms. Returns the strategy's name or nil.
function indexes.drop_idle(t, idle_ms)
	for i = 1, #t.kept do
		local name = t.kept[i]
		local used = redis.call("HGET", keys.settings, "used:" .. name) or 0
		if name ~= t.strategy and name ~= t.building and t.now - used > idle_ms then
			write_list(t, name)
			redis.call("HDEL", keys.settings, "used:" .. name)
			placement.drop(name)
			return name
		end
	end
	return nil
end

return indexes
