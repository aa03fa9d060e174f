-- How the agents of a group are spread over domains: nodes, zones or values of a label. An agent that
-- requires a spread goes to no domain that has `most` of its group already, or that is `skew` ahead of the
-- emptiest one.
-- Invariant: `group_nodes:<group>` has each node with agents of the group under their number.
-- `group_ways:<group>` has each way, other than by node, in which the group is spread: "" where it is
-- complete, else the node up to which it was counted; its field CHANGES counts the changes of the group.
-- `group_domains:<by>/<group>` has each domain with agents of the group on these nodes under their number.
-- t.groups_of has by group: ways, changes, and what this call changes the numbers by: `nodes` by node,
-- `domains` by way and domain.

local keys = require("lib.keys")
local text = require("lib.text")
local traits = require("lib.traits")

local spread = {}

local CHANGES = " changes" -- as no way is called
local STEP = 80 -- nodes counted by a call

-- The ways and changes of a group.
-- rare: an agent has a group
local function of(t, name)
	t.groups_of = t.groups_of or {}
	local group = t.groups_of[name]
	if not group then
		local v = redis.call("HGETALL", keys.group_ways .. name)
		group = { ways = {}, changes = "0", nodes = {}, domains = {} }
		for i = 1, #v, 2 do
			if v[i] == CHANGES then
				group.changes = v[i + 1]
			else
				group.ways[v[i]], group.domains[v[i]] = v[i + 1], {}
			end
		end
		t.groups_of[name] = group
	end
	return group
end

-- The key of the numbers by domain.
-- rare: an agent has a group
local function key_of(name, by)
	return by == "node" and keys.group_nodes .. name or keys.group_domains .. by .. "/" .. name
end

-- What this call changes the numbers by.
-- rare: an agent has a group
local function deltas(t, name, by)
	local group = of(t, name)
	return by == "node" and group.nodes or group.domains[by] or {}
end

-- Adds the next nodes to the numbers of a way. True when it is complete.
-- rare: a group is spread in another way than before
local function count_further(name, by, after)
	local ids = redis.call("ZRANGEBYLEX", keys.nodes, after == "-" and "-" or "(" .. after, "+", "LIMIT", 0,
		STEP)
	if ids[1] then
		local numbers = redis.call("ZMSCORE", keys.group_nodes .. name, unpack(ids))
		for i = 1, #ids do
			if numbers[i] then
				local node = { id = ids[i], profile = redis.call("HGET", keys.node .. ids[i], "profile") }
				traits.read(node)
				local domain = traits.domain(node, by)
				if domain ~= "" then
					redis.call("ZINCRBY", key_of(name, by), numbers[i], domain)
				end
			end
		end
	end
	local complete = #ids < STEP
	redis.call("HSET", keys.group_ways .. name, by, complete and "" or ids[#ids])
	return complete
end

-- Prepares the way in which the agent is to be spread. Returns false where that takes another call, which
-- then goes on; nothing else has been changed.
-- rare: an agent requires a spread
function spread.is_ready(t, r)
	local group = of(t, r.group)
	local way = group.ways[r.by]
	if r.by == "node" or way == "" then
		return true
	end
	group.domains[r.by] = group.domains[r.by] or {}
	if not way and not next(group.nodes) and redis.call("EXISTS", keys.group_nodes .. r.group) == 0 then
		group.ways[r.by], group.is_new = "", true
		return true
	end
	if next(group.nodes) or not count_further(r.group, r.by, way or "-") then
		return false
	end
	group.ways[r.by] = ""
	return true
end

-- Counts an agent of the group in (1) or out (-1) on a node of which nodes.details is known.
-- rare: an agent has a group
function spread.count(t, name, node, sign)
	local group = of(t, name)
	group.nodes[node.id] = (group.nodes[node.id] or 0) + sign
	for by, counted in pairs(group.ways) do
		local domain = traits.domain(node, by)
		if domain ~= "" and (counted == "" or not text.before(counted, node.id)) then
			group.domains[by][domain] = (group.domains[by][domain] or 0) + sign
		end
	end
end

-- rare: an agent has a group
local function is_changed(numbers)
	for _, delta in pairs(numbers) do
		if delta ~= 0 then
			return true
		end
	end
	return false
end

-- True where this call changes how the agents of the group are spread.
-- rare: an agent has a group
function spread.has_changed(t, name)
	local group = t.groups_of and t.groups_of[name]
	local is = group ~= nil and is_changed(group.nodes)
	for _, numbers in pairs(group and group.domains or {}) do
		is = is or is_changed(numbers)
	end
	return is
end

-- How many agents of the group are in the domain of the node, nil where it is in none.
-- rare: an agent requires a spread
function spread.number(t, r, node)
	local domain = traits.domain(node, r.by)
	if domain == "" then
		return nil
	end
	return (redis.call("ZSCORE", key_of(r.group, r.by), domain) or 0) + (deltas(t, r.group, r.by)[domain] or 0)
end

-- A text that differs after each change of the group.
-- rare: all nodes are looked at
function spread.changes(t, name)
	return of(t, name).changes
end

-- A number that no domain is below: where a domain with so many agents could take another one, it is the
-- emptiest.
-- rare: an agent requires a spread
function spread.least(t, r)
	local key, changed = key_of(r.group, r.by), deltas(t, r.group, r.by)
	local all = redis.call("ZCARD", r.by == "node" and keys.nodes or keys.domains .. r.by)
	local with, least = redis.call("ZCARD", key), tonumber(redis.call("ZRANGE", key, 0, 0, "WITHSCORES")[2] or 0)
	for domain, delta in pairs(changed) do
		local before = redis.call("ZSCORE", key, domain)
		with = with + (not before and delta > 0 and 1 or 0)
		least = math.min(least, (before or 0) + delta)
	end
	return with < all and 0 or math.max(least, 0)
end

-- A node has another zone or other labels from now on: its agents are in other domains. node: as it is now;
-- before: its profile until now.
-- rare: a node registers again with another profile
function spread.move(t, node, before)
	local was = { id = node.id, profile = before }
	traits.read(was)
	local numbers = redis.call("HGETALL", keys.node_groups .. node.id)
	for i = 1, #numbers, 2 do
		local group = of(t, numbers[i])
		for by, counted in pairs(group.ways) do
			local from, to = traits.domain(was, by), traits.domain(node, by)
			if from ~= to and (counted == "" or not text.before(counted, node.id)) then
				local domains = group.domains[by]
				domains[from] = (domains[from] or 0) - numbers[i + 1]
				domains[to] = (domains[to] or 0) + numbers[i + 1]
			end
		end
	end
end

-- Writes one sorted set of numbers.
-- rare: an agent has a group
local function write_numbers(key, changed)
	local falls = false
	for domain, delta in pairs(changed) do
		if domain ~= "" and delta ~= 0 then
			redis.call("ZINCRBY", key, delta, domain)
			falls = falls or delta < 0
		end
	end
	if falls then
		redis.call("ZREMRANGEBYSCORE", key, "-inf", "0")
	end
end

-- Writes the numbers that have changed. Part of tx.commit.
-- rare: an agent has a group
function spread.write(t)
	for name, group in pairs(t.groups_of) do
		for id, delta in pairs(group.nodes) do
			if delta ~= 0 and redis.call("HINCRBY", keys.node_groups .. id, name, delta) == 0 then
				redis.call("HDEL", keys.node_groups .. id, name)
			end
		end
		write_numbers(keys.group_nodes .. name, group.nodes)
		for by in pairs(group.ways) do
			if group.is_new then
				redis.call("HSETNX", keys.group_ways .. name, by, "")
			end
			write_numbers(key_of(name, by), group.domains[by])
		end
		if redis.call("EXISTS", keys.group_nodes .. name) == 0 then
			redis.call("DEL", keys.group_ways .. name)
		elseif next(group.ways) and spread.has_changed(t, name) then
			redis.call("HINCRBY", keys.group_ways .. name, CHANGES, "1")
		end
	end
end

return spread
