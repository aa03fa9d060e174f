-- The queue of agents that wait for capacity, by priority and then by age. Those that want the same form a
-- group: where one of them finds no node, none of the others does.
-- Invariant: an agent is in `pending` and in its group's set with the same number. A group is in
-- `pending_groups`, or in `selective_groups` where it has requirements beside services, under its lowest
-- number as long as it has agents. lib/waiting.lua matches the former to classes, lib/selective.lua the
-- latter to nodes.
-- t.queued has the assignments that this call adds, t.dequeued those that it removes; nil for none. t.reasons
-- has by group why the call could not place its agents.

local keys = require("lib.keys")
local classes = require("lib.classes")
local newcomers = require("lib.newcomers")
local selective = require("lib.selective")
local text = require("lib.text")
local totals = require("lib.totals")
local waiting = require("lib.waiting")
local writes = require("lib.writes")

local pending = {}

-- The reasons that rule nodes out, in the order in which they are looked at.
local REASONS = { "offline", "unhealthy", "draining", "role", "service", "label", "zone", "node", "resource",
	"full", "spread" }
local STEP = 1e13 -- what a priority is before another one by, in numbers

-- The group of an assignment.
-- rare: agents wait
function pending.group(a)
	local services = text.sorted(a.services)
	return a.requires == "" and services or selective.name(services, a.requires)
end

-- True where a group of its own waits for what the agent requires beside services: then it does not fit
-- either.
-- rare: agents wait
function pending.has_group(a)
	return a.requires ~= "" and redis.call("EXISTS", keys.pending_group .. pending.group(a)) == 1
end

-- The number of a group in its list, or false.
-- rare: agents wait
local function number_of(group)
	return redis.call("ZSCORE", selective.split(group) and keys.selective_groups or keys.pending_groups, group)
end

-- Notes that the number of the group may change.
-- rare: agents wait
local function expect(t, group)
	if not selective.split(group) then
		waiting.expect(t, group)
	end
end

-- Adds an assignment behind those of its priority.
-- rare: no node can take an agent
function pending.add(t, a)
	local group = pending.group(a)
	totals.add(t, "pending", 1)
	totals.add(t, "queued", 1)
	a.queued = text.int(totals.get(t, "queued") - (tonumber(a.priority) or 0) * STEP)
	a.since = t.at
	t.queued = t.queued or {}
	t.queued[#t.queued + 1] = a
	if not number_of(group) then
		pending.note_reasons(t, group, pending.nodes_by_reason(t, a))
		expect(t, group)
	end
	if a.queue_ttl_ms then
		writes.add(t, "ZADD", keys.expiring, text.int(t.now + a.queue_ttl_ms), a.id)
	end
end

-- Gives a waiting assignment another priority (digits, "" for 0) and keeps its age.
-- rare: an agent is changed
function pending.advance(t, a, priority)
	local before = { id = a.id, services = a.services, requires = a.requires, queued = a.queued }
	a.queued = text.int(a.queued + ((tonumber(a.priority) or 0) - (tonumber(priority) or 0)) * STEP)
	t.dequeued, t.queued = t.dequeued or {}, t.queued or {}
	t.dequeued[#t.dequeued + 1], t.queued[#t.queued + 1] = before, a
	expect(t, pending.group(a))
end

-- Removes an assignment.
-- rare: agents wait
function pending.remove(t, a)
	local group = pending.group(a)
	totals.add(t, "pending", -1)
	t.dequeued = t.dequeued or {}
	t.dequeued[#t.dequeued + 1] = a
	writes.add(t, "ZREM", keys.expiring, a.id)
	if number_of(group) == a.queued then
		expect(t, group)
	end
end

-- Notes why the agents of a group cannot be placed: "full=12 label=3".
-- rare: no node can take an agent
function pending.note_reasons(t, group, reasons)
	t.reasons = t.reasons or {}
	t.reasons[group] = reasons
end

-- How many agents wait for the same, this call's own included.
-- rare: agents wait
local function count(t, group)
	local number = redis.call("ZCARD", keys.pending_group .. group)
	local queued = t.queued or {}
	for i = 1, #queued do
		number = number + (pending.group(queued[i]) == group and 1 or 0)
	end
	return number
end

-- The nodes by the reason that rules them out for an agent: "full=12 label=3". t.refusals has what
-- classes.refusal has answered to this call, by services, and t.n_refusals how often, as that looks at all
-- classes. a.reasons is what lib/selection.lua has found.
-- rare: no node can take an agent
function pending.nodes_by_reason(t, a)
	if a.reasons then
		return a.reasons
	end
	local refusals = t.refusals or {}
	t.refusals = refusals
	if not refusals[a.services] then
		refusals[a.services] = classes.refusal(t, a.services)
		t.n_refusals = (t.n_refusals or 0) + 1
	end
	return refusals[a.services]
end

-- Why an agent is refused: "waiting=3" where others wait for what it wants, else the nodes by reason.
-- rare: no node can take an agent
function pending.reasons(t, a)
	local number = totals.get(t, "pending") > 0 and count(t, pending.group(a)) or 0
	if t.rivals then
		number = math.max(number, newcomers.rivals(t, a.services))
	end
	return number > 0 and "waiting=" .. number or pending.nodes_by_reason(t, a)
end

-- Of an agent that waits: since when, its place in the queue from 1 on, and why the last attempt to place it
-- has failed.
-- rare: agents wait
function pending.shown(id, services, requires)
	local rank = redis.call("ZRANK", keys.pending, id)
	local group = pending.group({ services = services, requires = requires })
	return redis.call("HGET", keys.assignment .. id, "since") or "", rank and text.int(rank + 1) or "",
		redis.call("HGET", keys.pending_reasons, group) or ""
end

-- The agents that wait by main_reason, as "full=3 label=1".
-- rare: statistics
function pending.waiting()
	local v, items = redis.call("HGETALL", keys.waiting), {}
	for i = 1, #v, 2 do
		items[#items + 1] = v[i] .. "=" .. v[i + 1]
	end
	table.sort(items)
	return table.concat(items, " ")
end

-- Writes the number of a group that has changed.
-- rare: the queue has changed
local function write_group(t, group)
	local oldest = redis.call("ZRANGE", keys.pending_group .. group, 0, 0, "WITHSCORES")[2]
	if oldest == (number_of(group) or nil) then
		return
	end
	if not oldest then
		redis.call("HDEL", keys.pending_reasons, group)
	end
	if selective.split(group) then
		selective.write(t, group, oldest)
		return
	end
	waiting.write(t, group, oldest)
	if oldest then
		redis.call("ZADD", keys.pending_groups, oldest, group)
	else
		redis.call("ZREM", keys.pending_groups, group)
	end
end

-- The reason that kept the last attempt to place an agent from the nearest nodes: of those in "full=12
-- label=3" the one that is looked at last; "none" where there were no nodes.
-- rare: the queue has changed
local function main_reason(reasons)
	for i = #REASONS, 1, -1 do
		if string.find(reasons, REASONS[i] .. "=", 1, true) then
			return REASONS[i]
		end
	end
	return "none"
end

-- Counts the agents of a group that wait in (1) or out (-1).
-- rare: the queue has changed
local function count_waiting(group, sign)
	local number = redis.call("ZCARD", keys.pending_group .. group)
	local reason = main_reason(redis.call("HGET", keys.pending_reasons, group) or "")
	if number > 0 and redis.call("HINCRBY", keys.waiting, reason, sign * number) == 0 then
		redis.call("HDEL", keys.waiting, reason)
	end
end

-- Writes the queue. Part of tx.commit, before classes.write.
-- rare: the queue has changed
function pending.write(t)
	local queued, dequeued, changed = t.queued or {}, t.dequeued or {}, {}
	for i = 1, #dequeued do
		changed[pending.group(dequeued[i])] = true
	end
	for i = 1, #queued do
		changed[pending.group(queued[i])] = true
	end
	for group in pairs(t.reasons or {}) do
		changed[group] = true
	end
	for group in pairs(changed) do
		count_waiting(group, -1)
	end
	for group, reasons in pairs(t.reasons or {}) do
		redis.call("HSET", keys.pending_reasons, group, reasons)
	end
	for i = 1, #dequeued do
		local a = dequeued[i]
		redis.call("ZREM", keys.pending, a.id)
		redis.call("ZREM", keys.pending_group .. pending.group(a), a.id)
	end
	for i = 1, #queued do
		local a = queued[i]
		redis.call("ZADD", keys.pending, a.queued, a.id)
		redis.call("ZADD", keys.pending_group .. pending.group(a), a.queued, a.id)
	end
	for group in pairs(changed) do
		count_waiting(group, 1)
		write_group(t, group)
	end
end

return pending
