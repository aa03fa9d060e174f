-- Moves the agents of a node that is offline or leaving, some per call. Removes the record of a leaving node
-- after its last agent has gone.

local keys = require("lib.keys")
local assignments = require("lib.assignments")
local chooser = require("lib.chooser")
local fitness = require("lib.fitness")
local node_events = require("lib.node_events")
local nodes = require("lib.nodes")
local waiting = require("lib.waiting")
local writes = require("lib.writes")

local evacuation = {}

local LOOK_MAX = 100 -- nodes that are searched for leaving ones

-- The ids of nodes whose agents are to be moved now, the longest waiting first: up to two, or during a hold
-- (held) the leaving ones among the first LOOK_MAX.
function evacuation.waiting(t, held)
	local leaving = {}
	local ids = redis.call("ZRANGEBYSCORE", keys.evacuating, "-inf", t.at, "LIMIT", 0, held and LOOK_MAX or 2)
	if not held then
		return ids
	end
	for i = 1, #ids do
		if redis.call("HGET", keys.node .. ids[i], "leaving") == "1" then
			leaving[#leaving + 1] = ids[i]
		end
	end
	return leaving
end

-- Moves up to `most` agents off the node. Returns the number of agents that moved and of those that became
-- pending; true if no agent is left; and the event node.left if the record was removed.
function evacuation.step(t, id, most)
	local node = nodes.load(t, id)
	local reason = node and node.leaving == "1" and "node_left" or "node_lost"
	most = chooser.budget(t, most)
	local agents = redis.call("ZRANGE", keys.node_agents .. id, 0, most - 1)
	local count = { moved = 0, pending = 0 }
	for i = 1, #agents do
		local a = assignments.load(agents[i])
		if a and a.node_id == id then
			local outcome = assignments.replace(t, a, reason)
			if not outcome then
				return count.moved, count.pending, false
			end
			count[outcome] = count[outcome] + 1
			if t.match_us and waiting.is_enough(t) or fitness.is_enough(t) then
				return count.moved, count.pending, false
			end
		else
			writes.add(t, "ZREM", keys.node_agents .. id, agents[i])
		end
	end
	if #agents == most then
		return count.moved, count.pending, false
	end
	writes.add(t, "ZREM", keys.evacuating, id)
	if reason == "node_lost" then
		return count.moved, count.pending, true
	end
	nodes.remove(t, node)
	return count.moved, count.pending, true, node_events.add(t, "node.left", node)
end

return evacuation
