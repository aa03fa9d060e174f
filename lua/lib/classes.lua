-- Classes of nodes: those with the same role and the same services, offline ones apart. A request is matched
-- against the few classes, not against the many nodes.
-- A class is open while it has nodes that may be given an agent; settings.open_classes lists the open ones,
-- so that a full cluster costs nothing to look through.
-- t.classes has the classes that this call has met, by name; t.open those that are open, as an array.
-- t.offers is one text of what these offer, in the same order; t.ends has the place in it where each ends.
-- t.came has the names of those that have got their first node, nil for none; t.class_names those of all
-- that there were before the call.

local keys = require("lib.keys")
local text = require("lib.text")
local totals = require("lib.totals")

local classes = {}

classes.MAX = 256 -- that many there may be, where settings.max_classes does not say otherwise

-- The name of the class of nodes with this role and these services (a list).
function classes.name(role, services)
	return role .. "/" .. text.sorted(services)
end

-- The class of that name, as a table that this call keeps:
-- worker   false for standbys
-- offers   its services with a comma before and after each
-- heads    the indexes that are open, an array (lib/chooser.lua)
-- added, removed: what its indexes get and lose (lib/placement.lua); nil for nothing
-- entered  true where a node enters its indexes
-- eligible what its number of nodes that may be given an agent changes by; nil for nothing
-- counts   what its other counters change by: nodes, ready, unhealthy, draining; nil for nothing
function classes.get(t, name)
	local class = t.classes[name]
	if not class then
		local slash = string.find(name, "/", 1, true)
		class = { name = name, worker = string.sub(name, 1, slash - 1) == "worker",
			offers = "," .. string.sub(name, slash + 1) .. ",", heads = {}, added = nil, removed = nil,
			entered = nil, eligible = nil, counts = nil }
		t.classes[name] = class
	end
	return class
end

-- Counts a node of that standing, which is not offline, in (1) or out (-1).
function classes.count(t, name, standing, delta)
	local class = classes.get(t, name)
	local counts = class.counts or { nodes = 0 }
	counts[standing] = (counts[standing] or 0) + delta
	counts.nodes = counts.nodes + delta
	class.counts = counts
end

-- Why the node cannot come to the class, as an error; nil where it can. node: as it is now, nil for a new
-- one. t.n_come: how many classes get their first node by this call.
-- rare: a node registers or comes back
function classes.refuse(t, name, node)
	local counts = classes.get(t, name).counts
	if counts and counts.nodes > 0 or redis.call("SISMEMBER", keys.classes, name) == 1 then
		return nil
	end
	if node and node.status ~= "offline" and redis.call("HGET", keys.class .. node.class, "nodes") == "1" then
		-- Its class goes for this one.
		return nil
	end
	local most = tonumber(redis.call("HGET", keys.settings, "max_classes") or classes.MAX)
	local come = (t.n_come or 0) + 1
	if redis.call("SCARD", keys.classes) + come > most then
		return "TOO_MANY_CLASSES services: these would make more than " .. most
			.. " distinct sets of role and services"
	end
	t.n_come = come
	return nil
end

-- Counts a node that may be given an agent in (1) or out (-1).
-- rare: a node has got its last agent or its first free place, or has changed more than its agents
function classes.count_eligible(t, name, delta)
	local class = classes.get(t, name)
	class.eligible = (class.eligible or 0) + delta
end

-- The classes that are open, as an array.
function classes.list_open(t)
	local open = t.open
	if not open then
		local offers, ends, last = {}, {}, 0
		open = {}
		t.open, t.ends = open, ends
		for name in string.gmatch(t.open_classes, "%S+") do
			local class, n = classes.get(t, name), #open + 1
			last = last + #class.offers
			open[n], offers[n], ends[n] = class, class.offers, last
		end
		t.offers = table.concat(offers)
	end
	return open
end

-- Makes the class one of those that are looked through from now on.
-- rare: a node has got its first free place, or has changed more than its agents
function classes.open(t, name)
	local open, class = classes.list_open(t), classes.get(t, name)
	for i = 1, #open do
		if open[i] == class then
			return
		end
	end
	open[#open + 1] = class
	t.offers = t.offers .. class.offers
	t.ends[#open] = #t.offers
end

-- Lets the call look through no more than these of the open classes (an array) from now on.
-- rare: agents wait
function classes.look_through(t, list)
	local offers, ends, last = {}, {}, 0
	for i = 1, #list do
		last = last + #list[i].offers
		offers[i], ends[i] = list[i].offers, last
	end
	t.open, t.offers, t.ends = list, table.concat(offers), ends
end

-- The names of all classes, as an array.
-- rare: no node can take an agent, or agents wait
function classes.names(t)
	t.class_names = t.class_names or redis.call("SMEMBERS", keys.classes)
	return t.class_names
end

-- True where the class offers each of these services (a list).
-- rare: several services, or no node can take an agent
function classes.offers(class, services)
	for service in string.gmatch(services, "[^,]+") do
		if not string.find(class.offers, "," .. service .. ",", 1, true) then
			return false
		end
	end
	return true
end

-- The open classes that offer each of these services (a list), as an array.
function classes.offering(t, services)
	local open = classes.list_open(t)
	if services == "" then
		return open
	end
	local found, offers, ends, k = {}, t.offers, t.ends, 1
	local others = string.find(services, ",", 1, true)
	local wanted = "," .. (others and string.sub(services, 1, others - 1) or services) .. ","
	local at = string.find(offers, wanted, 1, true)
	while at do
		while ends[k] < at do
			k = k + 1
		end
		if not others or classes.offers(open[k], services) then
			found[#found + 1] = open[k]
		end
		at = string.find(offers, wanted, ends[k] + 1, true)
	end
	return found
end

-- How many nodes are not ready to be given agents: offline, draining and unhealthy.
-- rare: where no node can take an agent
function classes.standings(t)
	local sum = { offline = totals.get(t, "nodes_offline"), draining = 0, unhealthy = 0 }
	local names = classes.names(t)
	for i = 1, #names do
		local class = classes.get(t, names[i])
		class.standings = class.standings
			or redis.call("HMGET", keys.class .. names[i], "ready", "draining", "unhealthy")
		sum.draining = sum.draining + (class.standings[2] or 0)
		sum.unhealthy = sum.unhealthy + (class.standings[3] or 0)
	end
	return sum
end

-- Why no node can take an agent that wants these services (a list): "full=12 service=3 …", each a number of
-- nodes, which is counted under the first of its reasons. t.lapsed: by id, the class of a node that was
-- passed over as its heartbeat had expired.
-- rare: where no node can take an agent
function classes.refusal(t, services)
	local sum, able = classes.standings(t), {} -- the classes that offer what is wanted
	sum.full, sum.service, sum.role = 0, 0, 0
	local names = classes.names(t)
	for i = 1, #names do
		local name = names[i]
		local class = classes.get(t, name)
		local ready = class.standings[1] or 0
		if string.sub(name, 1, 8) == "replica/" then
			sum.role = sum.role + ready
		elseif not classes.offers(class, services) then
			sum.service = sum.service + ready
		else
			able[name] = true
			sum.full = sum.full + ready
		end
	end
	for _, name in pairs(t.lapsed or {}) do
		if able[name] then
			sum.full = sum.full - 1
			sum.unhealthy = sum.unhealthy + 1
		end
	end
	local reasons = {}
	for reason, number in pairs(sum) do
		if number > 0 then
			reasons[#reasons + 1] = reason .. "=" .. number
		end
	end
	table.sort(reasons)
	return table.concat(reasons, " ")
end

-- Writes the list of open classes: the names in `changed` are open (true) or closed (false) from now on.
local function write_open(t, changed)
	local open = {}
	for name in string.gmatch(t.open_classes, "%S+") do
		if changed[name] == nil then
			open[#open + 1] = name
		end
	end
	for name, is_open in pairs(changed) do
		if is_open then
			open[#open + 1] = name
		end
	end
	table.sort(open)
	redis.call("HSET", keys.settings, "open_classes", table.concat(open, " "))
end

-- Writes the counters of a class. Returns true where it has been opened, false where it has been closed.
local function write_counters(t, name, class)
	local key, counts, is_open = keys.class .. name, class.counts or {}, nil
	if class.eligible and class.eligible ~= 0 then
		local is = redis.call("HINCRBY", key, "eligible", class.eligible)
		if is == 0 then
			is_open = false
		elseif is == class.eligible then
			is_open = true
		end
	end
	for counter, delta in pairs(counts) do
		if delta ~= 0 and redis.call("HINCRBY", key, counter, delta) == delta and counter == "nodes" then
			redis.call("SADD", keys.classes, name)
			t.came = t.came or {}
			t.came[#t.came + 1] = name
		end
	end
	if counts.nodes and counts.nodes < 0 and redis.call("HGET", key, "nodes") == "0" then
		redis.call("UNLINK", key, keys.class_waiting .. name)
		redis.call("SREM", keys.classes, name)
		redis.call("ZREM", keys.unmatched, name)
	end
	return is_open
end

-- Writes the counters that have changed. Part of tx.commit.
-- rare: a node has got its last agent or its first free place, or has changed more than its agents
function classes.write(t)
	local changed = {}
	for name, class in pairs(t.classes) do
		if class.eligible or class.counts then
			changed[name] = write_counters(t, name, class)
		end
	end
	if next(changed) then
		write_open(t, changed)
	end
end

return classes
