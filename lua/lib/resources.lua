-- Resources: what a node declares, and what its agents have taken of it. Both are texts "name=amount,…" in
-- ascending order of names: a part of the profile and the field `allocated` of a node's record.
-- Invariant: `allocated` is the sum of what the node's agents require; `resource:<name>` has each node that
-- declares the resource under what is left of it; `resources` has the sums over all nodes.
-- t.resources has what this call changes the sums by: "allocated:<name>" and "total:<name>".

local keys = require("lib.keys")
local text = require("lib.text")
local writes = require("lib.writes")

local resources = {}

local SHOWN_MAX = 64 -- resources in the statistics
local READ_MAX = 1000 -- sums that are read for them

-- How much of a resource the text names.
-- rare: a node has resources
function resources.amount(list, name)
	local within = "," .. list
	local _, last = string.find(within, "," .. name .. "=", 1, true)
	return last and tonumber(string.match(within, "^%d+", last + 1)) or 0
end

-- How much of a resource the node has left. Less than 0 where it has registered with less than its agents
-- have taken.
-- rare: an agent requires resources
function resources.left(node, name)
	return resources.amount(node.resources, name) - resources.amount(node.allocated, name)
end

-- True where so much of each is left on the node. wanted: as requirements.read has it.
-- rare: an agent requires resources
function resources.fit(node, wanted)
	for i = 1, #wanted do
		if resources.left(node, wanted[i].name) < wanted[i].amount then
			return false
		end
	end
	return true
end

-- The text with `amount` added to that of the resource.
-- rare: an agent requires resources
local function add(list, name, amount)
	local items, sum = {}, resources.amount(list, name) + amount
	for item, value in string.gmatch(list, "([^,=]+)=(%d+)") do
		if item ~= name then
			items[#items + 1] = item .. "=" .. value
		end
	end
	if sum ~= 0 then
		items[#items + 1] = name .. "=" .. text.int(sum)
	end
	table.sort(items, text.before)
	return table.concat(items, ",")
end

-- Changes a sum over all nodes.
-- rare: a node has resources
local function count(t, name, amount)
	t.resources = t.resources or {}
	t.resources[name] = (t.resources[name] or 0) + amount
end

-- An agent that wants these comes to the node (sign 1), or leaves it (-1).
-- rare: an agent requires resources
function resources.take(t, node, wanted, sign)
	node.drawn = node.drawn or {}
	for i = 1, #wanted do
		local name, amount = wanted[i].name, sign * wanted[i].amount
		node.allocated, node.gives = add(node.allocated, name, amount), true
		node.drawn[name] = true
		count(t, "allocated:" .. name, amount)
	end
end

-- True where the node declares the resource.
-- rare: a node has resources
local function declares(node, name)
	return string.find("," .. node.resources, "," .. name .. "=", 1, true) ~= nil
end

-- Notes what a node declares from now on, instead of what it has declared before ("" for nothing).
-- rare: a node has resources
function resources.declare(t, node, before)
	for name, amount in string.gmatch(before, "([^,=]+)=(%d+)") do
		count(t, "total:" .. name, -amount)
		if not declares(node, name) then
			writes.add(t, "ZREM", keys.resource .. name, node.id)
		end
	end
	for name, amount in string.gmatch(node.resources, "([^,=]+)=(%d+)") do
		count(t, "total:" .. name, amount)
		node.drawn = node.drawn or {}
		node.drawn[name] = true
	end
end

-- Writes what is left of a node's resources, where that has changed. Part of tx.commit.
-- rare: a node has resources
function resources.write_node(node)
	if node.gives then
		redis.call("HSET", keys.node .. node.id, "allocated", node.allocated)
	end
	for name in pairs(node.drawn) do
		if declares(node, name) then
			redis.call("ZADD", keys.resource .. name, text.int(resources.left(node, name)), node.id)
		end
	end
end

-- The sums over all nodes, as "name=allocated/total,…", at most SHOWN_MAX of them; "" where there are so many
-- that it would take long to read them.
-- rare: statistics
function resources.shown()
	if redis.call("HLEN", keys.resources) > READ_MAX then
		return ""
	end
	local v, taken, items = redis.call("HGETALL", keys.resources), {}, {}
	for i = 1, #v, 2 do
		taken[v[i]] = v[i + 1]
	end
	for field, total in pairs(taken) do
		local name = string.match(field, "^total:(.*)$")
		if name then
			items[#items + 1] = name .. "=" .. (taken["allocated:" .. name] or "0") .. "/" .. total
		end
	end
	table.sort(items, text.before)
	return table.concat(items, ",", 1, math.min(#items, SHOWN_MAX))
end

-- Writes the sums. Part of tx.commit.
-- rare: a node has resources
function resources.write(t)
	for name, amount in pairs(t.resources) do
		if amount ~= 0 and redis.call("HINCRBY", keys.resources, name, text.int(amount)) == 0 then
			redis.call("HDEL", keys.resources, name)
		end
	end
end

return resources
