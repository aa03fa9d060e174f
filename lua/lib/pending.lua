-- The queue of agents that wait for capacity, first come first served. Those that want the same
-- services form a group: where one of them finds no node, none of the others does.
-- Invariant: an agent is in `pending` and in its group's set with the same number, and a group
-- is in `pending_groups` under its lowest number as long as it has agents.

local keys = require("lib.keys")
local text = require("lib.text")

local pending = {}

pending.GROUPS_MAX = 20 -- looked at per call

local function note_head(services)
	local head = redis.call("ZRANGE", keys.pending_group .. services, 0, 0, "WITHSCORES")
	if head[1] then
		redis.call("ZADD", keys.pending_groups, head[2], services)
	else
		redis.call("ZREM", keys.pending_groups, services)
	end
	return head[1], tonumber(head[2])
end

-- Adds an assignment whose `queued` is its number in the queue.
function pending.add(a)
	local services = text.sorted(a.services)
	redis.call("ZADD", keys.pending, a.queued, a.id)
	redis.call("ZADD", keys.pending_group .. services, a.queued, a.id)
	redis.call("ZADD", keys.pending_groups, "LT", a.queued, services)
end

-- Takes an assignment out of the queue.
function pending.remove(a)
	local services = text.sorted(a.services)
	redis.call("ZREM", keys.pending, a.id)
	redis.call("ZREM", keys.pending_group .. services, a.id)
	note_head(services)
end

-- The groups that have waited longest, from the `first`th (0) on, each with services, agent_id
-- and number of its oldest; and whether there are more behind them.
function pending.heads(first)
	local names = redis.call("ZRANGE", keys.pending_groups, first, first + pending.GROUPS_MAX - 1, "WITHSCORES")
	local heads = {}
	for i = 1, #names, 2 do
		local id = redis.call("ZRANGE", keys.pending_group .. names[i], 0, 0)[1]
		heads[#heads + 1] = { services = names[i], agent_id = id, number = tonumber(names[i + 1]) }
	end
	return heads, #heads == pending.GROUPS_MAX
end

-- How many agents wait that want these services.
function pending.waiting(services)
	return redis.call("ZCARD", keys.pending_group .. text.sorted(services))
end

-- The group whose oldest agent has waited longest, or nil. agent_id nil takes a group out.
function pending.oldest(heads)
	local oldest
	for i = 1, #heads do
		local head = heads[i]
		if head.agent_id and (not oldest or head.number < oldest.number) then
			oldest = head
		end
	end
	return oldest
end

-- Reads a group's oldest agent anew, after one was taken out.
function pending.refresh(group)
	local head = redis.call("ZRANGE", keys.pending_group .. group.services, 0, 0, "WITHSCORES")
	group.agent_id, group.number = head[1], tonumber(head[2])
end

return pending
