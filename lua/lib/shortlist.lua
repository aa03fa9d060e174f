-- Short lists that have every node which an agent could go to, where some of its requirements make one.

local keys = require("lib.keys")
local classes = require("lib.classes")
local fitness = require("lib.fitness")
local spread = require("lib.spread")

local shortlist = {}

shortlist.MAX = 128 -- nodes that are looked at one by one
shortlist.LONG_MAX = 2000 -- nodes whose scores are compared

local INTERSECTION = 300 -- what an intersection of sets counts, in nodes that are compared
local DOMAINS_MAX = 600 -- domains that are read to find the emptiest ones

-- The smallest set of nodes that has all which meet one of the requirements: its size, and a function that
-- reads the ids. nil where no requirement makes one.
-- rare: an agent has requirements
function shortlist.smallest(r)
	local size, read
	local function offer(number, how)
		if not size or number < size then
			size, read = number, how
		end
	end
	if r.nodes then
		offer(#r.nodes, function() return r.nodes end)
	end
	for i = 1, #r.labels do
		local key = keys.trait .. "label:" .. r.labels[i]
		offer(redis.call("SCARD", key), function() return redis.call("SMEMBERS", key) end)
	end
	if r.zones then
		local names, number = {}, 0
		for i = 1, #r.zones do
			names[i] = keys.trait .. "zone=" .. r.zones[i]
			number = number + redis.call("SCARD", names[i])
		end
		offer(number, function() return redis.call("SUNION", unpack(names)) end)
	end
	for i = 1, #r.resources do
		local key, amount = keys.resource .. r.resources[i].name, string.format("%.0f", r.resources[i].amount)
		offer(redis.call("ZCOUNT", key, amount, "+inf"),
			function() return redis.call("ZRANGEBYSCORE", key, amount, "+inf") end)
	end
	return size, read
end

-- The nodes that have enough left of one of the resources, where these are no more than shortlist.MAX; else
-- nil.
-- rare: an agent requires resources
function shortlist.holders(r)
	for i = 1, #r.resources do
		local key, amount = keys.resource .. r.resources[i].name, string.format("%.0f", r.resources[i].amount)
		if redis.call("ZCOUNT", key, amount, "+inf") <= shortlist.MAX then
			return redis.call("ZRANGEBYSCORE", key, amount, "+inf")
		end
	end
	return nil
end

-- The nodes in a set that have all labels and are in the zone (false: in any), as a part of a command.
-- rare: an agent has requirements
local function sets(first, r, zone)
	local names = { first }
	for i = 1, #r.labels do
		names[i + 1] = keys.trait .. "label:" .. r.labels[i]
	end
	if zone then
		names[#names + 1] = keys.trait .. "zone=" .. zone
	end
	return names
end

-- How many nodes of a set have all labels and are in the zone (false: in any).
-- rare: an agent has requirements
function shortlist.count(first, r, zone)
	local names = sets(first, r, zone)
	return #names == 1 and redis.call("ZCARD", first) or redis.call("ZINTERCARD", #names, unpack(names))
end

-- The nodes with all labels and one of the zones that may be given an agent, as an array; nil where there are
-- more than shortlist.MAX.
-- rare: an agent has requirements of which each is met by many nodes
function shortlist.intersection(t, r, services, strategy)
	local offering, ids, zones = classes.offering(t, services), {}, r.zones or { false }
	for i = 1, #offering do
		local index = keys.placement .. strategy .. ":" .. offering[i].name
		for k = 1, #zones do
			local number = shortlist.count(index, r, zones[k])
			fitness.compared(t, INTERSECTION)
			if #ids + number > shortlist.MAX then
				return nil
			elseif number > 0 then
				local names = sets(index, r, zones[k])
				local found = redis.call("ZINTER", #names, unpack(names))
				for n = 1, #found do
					ids[#ids + 1] = found[n]
				end
			end
		end
	end
	return ids
end

-- The nodes that have all labels and are in the zone, or the smallest set (of shortlist.smallest), where
-- these are no more than shortlist.LONG_MAX; else nil.
-- rare: an agent has requirements of which each is met by many nodes
function shortlist.long(t, r, size, read)
	local names = {}
	for i = 1, #r.labels do
		names[i] = keys.trait .. "label:" .. r.labels[i]
	end
	if r.zones and not r.zones[2] then
		names[#names + 1] = keys.trait .. "zone=" .. r.zones[1]
	end
	if names[2] then
		fitness.compared(t, INTERSECTION)
		size = redis.call("ZINTERCARD", #names, unpack(names))
	end
	if not size or size > shortlist.LONG_MAX then
		return nil
	end
	return names[2] and redis.call("ZINTER", #names, unpack(names)) or read()
end

-- The nodes of the domains to which an agent with this spread may go if one of the emptiest domains can take
-- it, where these are no more than shortlist.MAX; else nil.
-- rare: an agent requires a spread
function shortlist.permitted(t, r)
	local least = r.skew and spread.least(t, r) or 0
	local below = math.min(r.most or math.huge, r.skew and least + r.skew or math.huge)
	if r.by == "node" then
		local ids = least > 0 and redis.call("ZRANGEBYSCORE", keys.group_nodes .. r.group, "-inf", "(" .. below,
			"LIMIT", 0, shortlist.MAX + 1)
		return ids and #ids <= shortlist.MAX and ids or nil
	elseif redis.call("ZCARD", keys.domains .. r.by) > DOMAINS_MAX then
		return nil
	end
	local all, domains = redis.call("ZRANGE", keys.domains .. r.by, 0, -1, "WITHSCORES"), {}
	for i = 1, #all, 2 do
		domains[#domains + 1] = all[i]
	end
	if not domains[1] then
		return {}
	end
	fitness.compared(t, 3 * #domains)
	local numbers, size, names = redis.call("ZMSCORE", keys.group_domains .. r.by .. "/" .. r.group,
		unpack(domains)), 0, {}
	for i = 1, #domains do
		if tonumber(numbers[i] or 0) < below then
			size = size + all[2 * i]
			names[#names + 1] = keys.trait .. r.by .. "=" .. domains[i]
		end
	end
	if size > shortlist.MAX then
		return nil
	end
	return names[1] and redis.call("SUNION", unpack(names)) or {}
end

return shortlist
