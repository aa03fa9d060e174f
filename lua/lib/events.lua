-- The stream of events: one entry for each change, written in the same call as the change.
-- t.log has the events of this call, in order: entries made by events.add, and changed assignments
-- (lib/assignments.lua), each of which is written as a record and an event.

local keys = require("lib.keys")

local events = {}

local KEPT = "100000" -- the approximate number of entries; older ones are trimmed

-- Adds an event. type: "node.online" and the like. Fields follow as name, value, name, value, …
-- Returns the entry. tx.commit sets its `id`, which a client sees as X-Cluster-Index.
function events.add(t, type, ...)
	local entry = { id = nil, "type", type, ... }
	t.log[#t.log + 1] = entry
	return entry
end

-- The id of an entry that events.add returned; "" for nil.
function events.id(entry)
	return entry and entry.id or ""
end

-- Appends an entry with these fields (name, value, name, value, …). If is_last, also trims the stream.
-- Returns the entry's id. Part of tx.commit.
function events.append(is_last, ...)
	if is_last then
		return redis.call("XADD", keys.events, "MAXLEN", "~", KEPT, "*", ...)
	end
	return redis.call("XADD", keys.events, "*", ...)
end

return events
