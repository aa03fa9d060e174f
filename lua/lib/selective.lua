-- Groups of waiting agents (lib/pending.lua) that have requirements beside services. A class of nodes does
-- not tell whether such a group can be served, so it is compared with single nodes: with each that comes,
-- changes or loses an agent. Where one meets what the group requires, it is *ready*: it is to be tried.
-- Invariant: `selective_groups` has each such group under its lowest number in the queue, and `ready_groups`
-- those that are to be tried. `group_waiting:<group>` has those that wait for a spread of that group.
-- `woken` has nodes that were compared with the first groups only, under the number of the last of these.
-- t.ready has groups that this call has made ready, with their numbers; t.tried those that it has tried in
-- vain.
-- A node that fills up may also change which domain is the emptiest one, so the leader tries each group now
-- and then (selective.sweep).

local keys = require("lib.keys")
local fitness = require("lib.fitness")
local nodes = require("lib.nodes")
local requirements = require("lib.requirements")
local spread = require("lib.spread")
local text = require("lib.text")
local totals = require("lib.totals")
local writes = require("lib.writes")

local selective = {}

local COMPARE_MAX = 600 -- groups that a call compares with nodes
local READY_MAX = 32 -- groups that a call tries
local SWEEP = 4 -- groups that a call of the leader tries again
local FIRST = -1e16 -- less than any number in the queue

-- The name of the group of agents that want these services, in ascending order, and have these requirements.
-- rare: agents with requirements wait
function selective.name(services, requires)
	return services .. "|" .. requires
end

-- True where the name is that of such a group; services and requirements of it.
-- rare: agents wait
function selective.split(name)
	return string.match(name, "^([^|]*)|(.*)$")
end

-- rare: agents with requirements wait
local function make_ready(t, name, number)
	t.ready = t.ready or {}
	t.ready[name] = t.ready[name] or number
end

-- Compares a node with up to `most` groups, from the number `from` on. Returns the number of the last one
-- where there are more, or nil; and how many were compared.
-- rare: agents with requirements wait
local function compare(t, node, from, most)
	local found = redis.call("ZRANGEBYSCORE", keys.selective_groups, from, "+inf", "WITHSCORES", "LIMIT", 0,
		most)
	nodes.details(node)
	for i = 1, #found, 2 do
		local services, requires = selective.split(found[i])
		if not fitness.reason(t, requirements.read(t, requires), services, node) then
			make_ready(t, found[i], found[i + 1])
		end
	end
	return #found == 2 * most and found[#found] or nil, #found / 2
end

-- Makes those ready that wait for a spread of this group of agents.
-- rare: agents with requirements wait
local function wake_group(t, group)
	local names = redis.call("SRANDMEMBER", keys.group_waiting .. group, READY_MAX)
	for i = 1, #names do
		local number = redis.call("ZSCORE", keys.selective_groups, names[i])
		if number then
			make_ready(t, names[i], number)
		end
	end
end

-- Makes those ready that wait for a spread of groups of agents that have changed.
-- rare: an agent has a group
function selective.wake_groups(t)
	for name in pairs(t.groups_of or {}) do
		if spread.has_changed(t, name) then
			wake_group(t, name)
		end
	end
end

-- Compares the nodes that this call has changed with the groups.
-- rare: agents wait
function selective.wake(t)
	if redis.call("EXISTS", keys.selective_groups) == 0 then
		return
	end
	local left, loaded = COMPARE_MAX, t.loaded
	for i = 1, #loaded do
		local node = loaded[i]
		if (node.left or node.edited) and nodes.eligible(node) then
			local last, compared = "-inf", 0
			if left > 0 then
				last, compared = compare(t, node, "-inf", left)
			end
			left = left - compared
			if last then
				writes.add(t, "ZADD", keys.woken, last, node.id)
			end
		end
	end
	selective.wake_groups(t)
end

-- Goes on with a node that was not compared with all groups. Returns true where there may be more to compare.
-- rare: agents wait
function selective.wake_further(t)
	local v = redis.call("ZRANGE", keys.woken, 0, 0, "WITHSCORES")
	if not v[1] then
		return false
	end
	local node, last = nodes.look(t, v[1]), nil
	if node and nodes.eligible(node) then
		last = compare(t, node, v[2] == "-inf" and v[2] or "(" .. v[2], COMPARE_MAX)
	end
	if last then
		writes.add(t, "ZADD", keys.woken, last, v[1])
	else
		writes.add(t, "ZREM", keys.woken, v[1])
	end
	return true
end

-- Makes the next few groups ready for the next call, whether or not something has changed for them.
-- rare: agents with requirements wait
function selective.sweep(t)
	local from = totals.get(t, "swept")
	local found = redis.call("ZRANGEBYSCORE", keys.selective_groups, "(" .. text.int(from), "+inf", "WITHSCORES",
		"LIMIT", 0, SWEEP)
	for i = 1, #found, 2 do
		make_ready(t, found[i], found[i + 1])
	end
	totals.add(t, "swept", (#found == 2 * SWEEP and found[#found] or FIRST) - from)
end

-- The groups that are to be tried, the first in the queue first: name, number, name, number, …
-- rare: agents wait
function selective.ready(t)
	local found = redis.call("ZRANGE", keys.ready_groups, 0, READY_MAX - 1, "WITHSCORES")
	for i = 1, #found, 2 do
		make_ready(t, found[i], found[i + 1])
	end
	return t.ready or {}
end

-- Notes that no node can take an agent of the group.
-- rare: agents with requirements wait
function selective.try_failed(t, name)
	t.tried = t.tried or {}
	t.tried[name] = true
end

-- Returns true where a group was tried in vain before others of its group of agents were placed: it is to be
-- tried again.
-- rare: agents with requirements wait
function selective.is_to_retry(t)
	local is = false
	for name in pairs(t.tried or {}) do
		local _, requires = selective.split(name)
		local r = requirements.read(t, requires)
		if r.by and spread.has_changed(t, r.group) then
			t.tried[name], is = nil, true
		end
	end
	return is
end

-- Writes the number under which a group waits; nil where it is no more.
-- rare: agents with requirements wait
function selective.write(t, name, number)
	local _, requires = selective.split(name)
	local r = requirements.read(t, requires)
	if number then
		redis.call("ZADD", keys.selective_groups, number, name)
		redis.call("ZADD", keys.ready_groups, "XX", number, name)
		if r.by then
			redis.call("SADD", keys.group_waiting .. r.group, name)
		end
	else
		redis.call("ZREM", keys.selective_groups, name)
		redis.call("ZREM", keys.ready_groups, name)
		if r.by then
			redis.call("SREM", keys.group_waiting .. r.group, name)
		end
	end
end

-- Writes which groups are to be tried. Part of tx.commit, after pending.write.
-- rare: agents wait
function selective.write_ready(t)
	for name in pairs(t.ready) do
		local number = not (t.tried and t.tried[name]) and redis.call("ZSCORE", keys.selective_groups, name)
		if number then
			redis.call("ZADD", keys.ready_groups, number, name)
		else
			redis.call("ZREM", keys.ready_groups, name)
		end
	end
end

return selective
