-- The queue of agents that wait for capacity, first come first served. Those that want the same services
-- form a group: where one of them finds no node, none of the others does.
-- Invariant: an agent is in `pending` and in its group's set with the same number, and a group is in
-- `pending_groups` under its lowest number as long as it has agents.
-- t.queued has the assignments that this call adds, t.dequeued those that it removes; nil for none.

local keys = require("lib.keys")
local classes = require("lib.classes")
local text = require("lib.text")
local totals = require("lib.totals")

local pending = {}

pending.GROUPS_MAX = 20 -- looked at per call

-- Adds an assignment, at the end.
function pending.add(t, a)
	totals.add(t, "pending", 1)
	totals.add(t, "queued", 1)
	a.queued = text.int(totals.get(t, "queued"))
	t.queued = t.queued or {}
	t.queued[#t.queued + 1] = a
end

-- Removes an assignment.
function pending.remove(t, a)
	totals.add(t, "pending", -1)
	t.dequeued = t.dequeued or {}
	t.dequeued[#t.dequeued + 1] = a
end

-- The groups that have waited longest, from the `first`th (0) on; and whether there are more after them.
-- A group has services, and agent_id and number of its oldest agent. most: how many agents will be taken
-- out of all of them at most.
function pending.groups(t, first, most)
	local names = redis.call("ZRANGE", keys.pending_groups, first, first + pending.GROUPS_MAX - 1)
	local gone, dequeued = {}, t.dequeued or {}
	for i = 1, #dequeued do
		gone[dequeued[i].id] = true
	end
	local groups = {}
	for i = 1, #names do
		local group = { services = names[i], at = -1, gone = gone,
			members = redis.call("ZRANGE", keys.pending_group .. names[i], 0, most + #dequeued - 1,
				"WITHSCORES") }
		pending.advance(group)
		groups[i] = group
	end
	return groups, #groups == pending.GROUPS_MAX
end

-- Goes on to the group's next agent.
function pending.advance(group)
	repeat
		group.at = group.at + 2
		group.agent_id = group.members[group.at]
	until not group.gone[group.agent_id or ""]
	group.number = tonumber(group.members[group.at + 1])
end

-- The group whose oldest agent has waited longest, or nil. A group without agent_id is passed over.
function pending.oldest(groups)
	local oldest
	for i = 1, #groups do
		local group = groups[i]
		if group.agent_id and (not oldest or group.number < oldest.number) then
			oldest = group
		end
	end
	return oldest
end

-- rare: agents wait
local function count(t, services)
	local name = text.sorted(services)
	local number = redis.call("ZCARD", keys.pending_group .. name)
	local queued = t.queued or {}
	for i = 1, #queued do
		number = number + (text.sorted(queued[i].services) == name and 1 or 0)
	end
	return number
end

-- How many agents wait that want these services, this call's own included.
function pending.waiting(t, services)
	if t.totals.pending == 0 and not t.queued then
		return 0
	end
	return totals.get(t, "pending") == 0 and 0 or count(t, services)
end

-- Why an agent that wants these services is given no node, as an error. t.refusals has what classes.refusal
-- has answered to this call, by services, and t.n_refusals how often, as that looks at all classes.
-- rare: no node can take an agent
function pending.refuse(t, services)
	local waiting = pending.waiting(t, services)
	if waiting > 0 then
		return "NO_CAPACITY waiting=" .. waiting
	end
	local refusals = t.refusals or {}
	t.refusals = refusals
	if not refusals[services] then
		refusals[services] = "NO_CAPACITY " .. classes.refusal(t, services)
		t.n_refusals = (t.n_refusals or 0) + 1
	end
	return refusals[services]
end

-- Writes the queue. Part of tx.commit.
-- rare: the queue has changed
function pending.write(t)
	local queued, dequeued = t.queued or {}, t.dequeued or {}
	for i = 1, #queued do
		local a = queued[i]
		local services = text.sorted(a.services)
		redis.call("ZADD", keys.pending, a.queued, a.id)
		redis.call("ZADD", keys.pending_group .. services, a.queued, a.id)
		redis.call("ZADD", keys.pending_groups, "LT", a.queued, services)
	end
	local left = {}
	for i = 1, #dequeued do
		local a = dequeued[i]
		local services = text.sorted(a.services)
		redis.call("ZREM", keys.pending, a.id)
		redis.call("ZREM", keys.pending_group .. services, a.id)
		left[services] = true
	end
	for services in pairs(left) do
		local oldest = redis.call("ZRANGE", keys.pending_group .. services, 0, 0, "WITHSCORES")
		if oldest[1] then
			redis.call("ZADD", keys.pending_groups, oldest[2], services)
		else
			redis.call("ZREM", keys.pending_groups, services)
		end
	end
end

return pending
