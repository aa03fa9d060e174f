-- The stream of changes: one entry for each, in the same script as the change.

local keys = require("lib.keys")

local KEPT = "100000" -- entries, about; older ones are trimmed

local events = {}

-- Appends one event. type: "agent.assigned" and the like. fields: name, value, name, value, …
-- Returns the entry's id, which a client sees as X-Cluster-Index.
function events.emit(type, ...)
	return redis.call("XADD", keys.events, "MAXLEN", "~", KEPT, "*", "type", type, ...)
end

-- The same for one of many: the caller appends the last of them by events.emit, which trims.
function events.append(type, ...)
	return redis.call("XADD", keys.events, "*", "type", type, ...)
end

return events
