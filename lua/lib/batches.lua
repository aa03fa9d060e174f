-- Batches of assignments that are all or nothing and take several calls. Until the last of these calls, what
-- the earlier ones have placed may be taken back, so nobody else is told that it stands. The records of such
-- assignments name their batch, and a key of the batch exists until its last call.
-- The argument `all` of such a call is "1 <rest> <begun> <id>": rest is "1" where further items follow those
-- of the call, begun is "1" after the first call of the batch. It is "undo <id>" in a call that takes placed
-- agents back.

local fail = require("lib.fail")
local keys = require("lib.keys")
local writes = require("lib.writes")

local batches = {}

local KEPT_MS = 15000 -- where the caller does not go on for so long, what it has placed stands

-- Fails if the batch is over, because its caller took too long.
-- rare: a batch that takes several calls
local function check(id)
	if redis.call("EXISTS", keys.batch .. id) == 0 then
		fail("OUTCOME_UNKNOWN", "agents: the batch took too long, so that what it has placed stands")
	end
end

-- Reads `all`. Returns "1", and the batch.
-- rare: a batch that takes several calls
function batches.read(all)
	local rest, begun, id = string.match(all, "^1 (%d) (%d) (%S+)$")
	if begun == "1" then
		check(id)
	end
	return "1", { id = id, has_rest = rest == "1", has_begun = begun == "1" }
end

-- The id of the batch in "undo <id>".
-- rare: a batch is undone
function batches.read_undo(all)
	local id = string.match(all, "^undo (%S+)$")
	check(id)
	return id
end

-- True if the batch `id` has placed the agent.
-- rare: a batch is undone
function batches.has_placed(id, agent_id)
	return redis.call("HGET", keys.assignment .. agent_id, "batch") == id
end

-- The error text if an assignment that another batch has made may yet be taken back; else nil. batch: the
-- caller's own; nil where none asks. a: what it needs is id and batch.
-- rare: an assignment that a batch has made
function batches.refuse(a, batch)
	if (batch and batch.id == a.batch) or redis.call("EXISTS", keys.batch .. a.batch) == 0 then
		return nil
	end
	return "BATCH_RUNNING agent_id: '" .. a.id .. "' is part of a batch that is not complete yet"
end

-- Notes what the call has placed: as what may be taken back, unless it is the last call. items: of the call,
-- number: how many of these it has handled.
-- rare: a batch that takes several calls
function batches.note(t, batch, items, number)
	local key = keys.batch .. batch.id
	if not batch.has_rest and number == #items then
		if batch.has_begun then
			writes.add(t, "DEL", key)
		end
		return
	end
	writes.add(t, "SET", key, t.at, "PX", KEPT_MS)
	for i = 1, number do
		if items[i].event then
			writes.add(t, "HSET", keys.assignment .. items[i].id, "batch", batch.id)
		end
	end
end

return batches
