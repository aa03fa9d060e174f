-- Serving those who wait: agents of the queue (lib/pending.lua) get places, in its order.

local keys = require("lib.keys")
local assignments = require("lib.assignments")
local chooser = require("lib.chooser")
local fitness = require("lib.fitness")
local indexes = require("lib.indexes")
local pending = require("lib.pending")
local selective = require("lib.selective")
local totals = require("lib.totals")
local waiting = require("lib.waiting")
local writes = require("lib.writes")

local queue = {}

queue.ROOM_MAX = 20 -- so many of the waiting are placed by what makes room

local EXPIRED_MAX = 20 -- agents that are released at once as they have waited for too long

-- Places the first agent of a group in the line, where a node can take it. Returns true where the line goes
-- on with the next one of the group.
-- rare: agents wait
local function place_next(t, line, group)
	local a = assignments.load(group.agent_id)
	local strategy = a and indexes.usable(t, a.asked)
	local node, again
	if strategy then
		node, again = assignments.choose(t, a, strategy)
	end
	if node then
		assignments.detach(t, a)
		assignments.attach(t, a, node, strategy)
		line.placed = line.placed + 1
	elseif a then
		waiting.close(line, group.id)
		if again then
			line.again = true
		elseif a.requires ~= "" and a.reasons then
			selective.try_failed(t, group.id)
			pending.note_reasons(t, group.id, a.reasons)
		end
		return false
	else
		local services, requires = selective.split(group.id)
		pending.remove(t, { id = group.agent_id, services = services or group.id, requires = requires or "" })
	end
	return true
end

-- Places up to `most` pending agents, those first that come first in the queue and that a node can take.
-- Returns how many were placed, and whether there may be more of them.
-- rare: agents wait
function queue.place(t, most)
	most = chooser.budget(t, most)
	local line, done = waiting.line(t, most), 0
	local group = waiting.take(line)
	while group do
		if place_next(t, line, group) then
			waiting.advance(line, group)
			done = done + 1
		end
		local is_enough = done >= most or t.match_us and waiting.is_enough(t) or fitness.is_enough(t)
		group = not is_enough and waiting.take(line) or nil
	end
	return line.placed, selective.is_to_retry(t) or line.again or waiting.is_left(line)
end

-- Releases agents that have waited for longer than they were to. Returns whether there may be more.
-- rare: agents wait
function queue.expire(t)
	local ids = redis.call("ZRANGEBYSCORE", keys.expiring, "-inf", t.at, "LIMIT", 0, EXPIRED_MAX)
	for i = 1, #ids do
		local a = assignments.load(ids[i])
		if a and not a.node_id then
			assignments.release(t, a, "expired")
		else
			writes.add(t, "ZREM", keys.expiring, ids[i])
		end
	end
	return #ids == EXPIRED_MAX
end

-- Called by what makes room: places waiting agents at once. Returns whether any waited.
function queue.room_made(t)
	local wait = totals.get(t, "pending") > 0
	if wait then
		chooser.reset(t)
		selective.wake(t)
		queue.place(t, queue.ROOM_MAX)
	end
	return wait
end

return queue
