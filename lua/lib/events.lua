-- The stream of changes: one entry for each, written in the same call as the change.
-- t.log has what this call tells, in order: events, and assignments (lib/assignments.lua), each of which
-- is an event and a record.

local keys = require("lib.keys")

local events = {}

local KEPT = "100000" -- entries, about; older ones are trimmed

-- Adds an event. type: "node.online" and the like. Fields follow as name, value, name, value, …
-- Returns the entry. Its `id`, which a client sees as X-Cluster-Index, is there after tx.commit.
function events.add(t, type, ...)
	local entry = { id = nil, "type", type, ... }
	t.log[#t.log + 1] = entry
	return entry
end

-- The id of an entry that events.add returned; "" for nil.
function events.id(entry)
	return entry and entry.id or ""
end

-- Appends an entry. is_last: the last one of the call, which also trims the stream. Returns its id.
-- Part of tx.commit.
function events.append(is_last, ...)
	if is_last then
		return redis.call("XADD", keys.events, "MAXLEN", "~", KEPT, "*", ...)
	end
	return redis.call("XADD", keys.events, "*", ...)
end

return events
