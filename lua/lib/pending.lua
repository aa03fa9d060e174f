-- The queue of agents that wait for capacity, first come first served. Those that want the same services
-- form a group: where one of them finds no node, none of the others does.
-- Invariant: an agent is in `pending` and in its group's set with the same number, and a group is in
-- `pending_groups` under its lowest number as long as it has agents. lib/waiting.lua matches groups to
-- classes.
-- t.queued has the assignments that this call adds, t.dequeued those that it removes; nil for none.

local keys = require("lib.keys")
local classes = require("lib.classes")
local newcomers = require("lib.newcomers")
local text = require("lib.text")
local totals = require("lib.totals")
local waiting = require("lib.waiting")

local pending = {}

-- Adds an assignment, at the end.
function pending.add(t, a)
	local services = text.sorted(a.services)
	totals.add(t, "pending", 1)
	totals.add(t, "queued", 1)
	a.queued = text.int(totals.get(t, "queued"))
	t.queued = t.queued or {}
	t.queued[#t.queued + 1] = a
	if not redis.call("ZSCORE", keys.pending_groups, services) then
		waiting.expect(t, services)
	end
end

-- Removes an assignment.
function pending.remove(t, a)
	local services = text.sorted(a.services)
	totals.add(t, "pending", -1)
	t.dequeued = t.dequeued or {}
	t.dequeued[#t.dequeued + 1] = a
	if redis.call("ZSCORE", keys.pending_groups, services) == a.queued then
		waiting.expect(t, services)
	end
end

-- How many agents wait that want these services, this call's own included.
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

-- Why an agent that wants these services is given no node, as an error. t.refusals has what classes.refusal
-- has answered to this call, by services, and t.n_refusals how often, as that looks at all classes.
-- rare: no node can take an agent
function pending.refuse(t, services)
	local number = totals.get(t, "pending") > 0 and count(t, services) or 0
	if t.rivals then
		number = math.max(number, newcomers.rivals(t, services))
	end
	if number > 0 then
		return "NO_CAPACITY waiting=" .. number
	end
	local refusals = t.refusals or {}
	t.refusals = refusals
	if not refusals[services] then
		refusals[services] = "NO_CAPACITY " .. classes.refusal(t, services)
		t.n_refusals = (t.n_refusals or 0) + 1
	end
	return refusals[services]
end

-- Writes the queue. Part of tx.commit, before classes.write.
-- rare: the queue has changed
function pending.write(t)
	local queued, dequeued, changed = t.queued or {}, t.dequeued or {}, {}
	for i = 1, #queued do
		local a = queued[i]
		local services = text.sorted(a.services)
		redis.call("ZADD", keys.pending, a.queued, a.id)
		redis.call("ZADD", keys.pending_group .. services, a.queued, a.id)
		changed[services] = true
	end
	for i = 1, #dequeued do
		local a = dequeued[i]
		local services = text.sorted(a.services)
		redis.call("ZREM", keys.pending, a.id)
		redis.call("ZREM", keys.pending_group .. services, a.id)
		changed[services] = true
	end
	for services in pairs(changed) do
		local oldest = redis.call("ZRANGE", keys.pending_group .. services, 0, 0, "WITHSCORES")[2]
		if oldest ~= (redis.call("ZSCORE", keys.pending_groups, services) or nil) then
			waiting.write(t, services, oldest)
			if oldest then
				redis.call("ZADD", keys.pending_groups, oldest, services)
			else
				redis.call("ZREM", keys.pending_groups, services)
			end
		end
	end
end

return pending
