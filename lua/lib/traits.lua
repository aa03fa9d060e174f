-- Which nodes have which label, and are in which zone. A *trait* is "zone=<zone>" or "label:<key>=<value>",
-- and what stands before its "=" is a way by which a group may be spread; the values are its *domains*.
-- Invariant: `trait:<trait>` has each node with that trait, and `domains:<by>` each value under the number of
-- nodes that have it. `ready:<class>` has each node of the class whose standing is ready.

local keys = require("lib.keys")
local profile_row = require("lib.rows.profile")
local writes = require("lib.writes")

local traits = {}

local PARTS = parts(profile_row, "labels", "zone", "resources")

-- Reads labels, zone and resources of a node from its profile: labels as ",key=value,…,".
-- rare: a node registers, or an agent has requirements
function traits.read(node)
	local labels, zone, resources = string.match(node.profile, PARTS)
	node.labels, node.zone, node.resources = "," .. labels .. ",", zone, resources
end

-- True where the node has the label, "key=value".
-- rare: an agent has requirements
function traits.has_label(node, label)
	return string.find(node.labels, "," .. label .. ",", 1, true) ~= nil
end

-- The domain of a node that traits.read has read, among those by which a group is spread; "" for none.
-- rare: an agent has requirements
function traits.domain(node, by)
	if by == "node" then
		return node.id
	elseif by == "zone" then
		return node.zone
	end
	local _, last = string.find(node.labels, "," .. string.sub(by, 7) .. "=", 1, true)
	return last and string.match(node.labels, "^[^,]*", last + 1) or ""
end

-- The traits in a profile, as keys of a table.
-- rare: a node registers
local function all(profile)
	local is = {}
	if profile then
		local labels, zone = string.match(profile, PARTS)
		for label in string.gmatch(labels, "[^,]+") do
			is["label:" .. label] = true
		end
		if zone ~= "" then
			is["zone=" .. zone] = true
		end
	end
	return is
end

-- rare: a node registers
local function move(t, id, trait, sign)
	local by, value = string.match(trait, "^([^=]+)=(.*)$")
	writes.add(t, sign > 0 and "SADD" or "SREM", keys.trait .. trait, id)
	writes.add(t, "ZINCRBY", keys.domains .. by, sign, value)
	if sign < 0 then
		writes.add(t, "ZREMRANGEBYSCORE", keys.domains .. by, "-inf", "0")
	end
end

-- Notes that a node's profile changes; nil for a node that comes or goes.
-- rare: a node registers
function traits.change(t, id, before, after)
	local was, is = all(before), all(after)
	for trait in pairs(was) do
		if not is[trait] then
			move(t, id, trait, -1)
		end
	end
	for trait in pairs(is) do
		if not was[trait] then
			move(t, id, trait, 1)
		end
	end
end

-- Notes in which class the node is ready; nil each for none.
-- rare: more than usage and agents has changed
function traits.change_ready(t, id, before, after)
	if before ~= after then
		if before then
			writes.add(t, "ZREM", keys.ready .. before, id)
		end
		if after then
			writes.add(t, "ZADD", keys.ready .. after, "0", id)
		end
	end
end

return traits
