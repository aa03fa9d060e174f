-- Which strategies have placement indexes: the cluster's own always, any other from its first
-- use until it has not been used for a while. Building goes node by node in bounded steps, so
-- that no script holds Redis for long however many nodes there are.

local keys = require("lib.keys")
local nodes = require("lib.nodes")
local placement = require("lib.placement")
local text = require("lib.text")

local indexes = {}

local STEP = 100 -- nodes entered per call
local NOTED_MS = 60000 -- how often the use of an index is written down

-- Writes which indexes are complete: those that are, without one and with another.
local function write_list(settings, without, with)
	local names = { with }
	for i = 1, #settings.kept do
		local name = settings.kept[i]
		if name ~= without and name ~= settings.building then
			names[#names + 1] = name
		end
	end
	table.sort(names)
	redis.call("HSET", keys.settings, "indexes", table.concat(names, ","))
end

-- True where the strategy's index is complete.
function indexes.complete(settings, strategy)
	if settings.building == strategy then
		return false
	end
	for i = 1, #settings.kept do
		if settings.kept[i] == strategy then
			return true
		end
	end
	return false
end

-- Takes one step towards a complete index for `strategy`, which is not complete. The script must
-- write nothing more and reply {"more"}, upon which it is called again. Steps by any number of
-- callers add up. One index is built at a time.
function indexes.build(settings, strategy)
	local building = settings.building or strategy
	local cursor = settings.building and redis.call("HGET", keys.settings, "cursor")
	if not settings.building then
		placement.drop(building)
	end
	local ids = redis.call("ZRANGEBYLEX", keys.nodes, cursor and "(" .. cursor or "-", "+", "LIMIT", 0,
		STEP)
	for i = 1, #ids do
		local node = nodes.load(ids[i])
		if node then
			placement.enter(settings, building, node)
		end
	end
	if #ids < STEP then
		write_list(settings, nil, building)
		redis.call("HDEL", keys.settings, "building", "cursor")
	else
		redis.call("HSET", keys.settings, "building", building, "cursor", ids[#ids])
	end
end

-- The strategy to place by where there is no client to wait: the one asked for where its index
-- is complete, else the cluster's; nil where not even that is ready.
function indexes.usable(settings, asked)
	if asked and indexes.complete(settings, asked) then
		return asked
	end
	return indexes.complete(settings, settings.strategy) and settings.strategy or nil
end

-- Notes that the index was used, at most once a minute. The cluster's own needs no note.
function indexes.note(settings, strategy, now)
	if strategy == settings.strategy then
		return
	end
	local field = "used:" .. strategy
	if now - (redis.call("HGET", keys.settings, field) or 0) > NOTED_MS then
		redis.call("HSET", keys.settings, field, text.int(now))
	end
end

-- Drops one index that nobody has used for idle_ms. Returns the strategy's name or nil.
function indexes.drop_idle(settings, now, idle_ms)
	for i = 1, #settings.kept do
		local name = settings.kept[i]
		local used = redis.call("HGET", keys.settings, "used:" .. name) or 0
		if name ~= settings.strategy and name ~= settings.building and now - used > idle_ms then
			write_list(settings, name)
			redis.call("HDEL", keys.settings, "used:" .. name)
			placement.drop(name)
			return name
		end
	end
	return nil
end

return indexes
