#!lua flags=no-writes
-- A page of a check of the whole state: every record against all that hangs on it, and at the end
-- the sums against the counters, where nothing has changed meanwhile.
-- ARGV: limit (1 to 200 records), cursor or "".
-- Reply: {"ok", "", next cursor or "", checked, row, row, …}, a row for each violation: kind,
--   subject, detail. A cursor is "<part>:<last event>:<sums>:<last id>".
-- Errors: INVALID_FIELD.

local audit = require("lib.audit")
local fail = require("lib.fail")
local keys = require("lib.keys")
local settings = require("lib.settings").load()

-- The parts, in the order of the check.
local LISTS = { nodes = keys.nodes, assignments = keys.assignments }
local NEXT = { nodes = "assignments", assignments = "pending", pending = "classes", classes = "" }
local NONE = "0-0"

local limit, cursor = tonumber(ARGV[1]), ARGV[2]
local sums = {}
for i = 1, #audit.SUMS do
	sums[audit.SUMS[i]] = 0
end
local last_event = redis.call("XREVRANGE", keys.events, "+", "-", "COUNT", 1)[1]
last_event = last_event and last_event[1] or NONE

local part, mark, last = "nodes", last_event, ""
if cursor ~= "" then
	local carried
	part, mark, carried, last = string.match(cursor, "^(%l+):([%d-]+):([%d.-]*):(.*)$")
	if not part or not NEXT[part] then
		fail("INVALID_FIELD", "cursor: it is not one of this check")
	end
	local i = 0
	for n in string.gmatch(carried, "[^.]+") do
		i = i + 1
		sums[audit.SUMS[i] or ""] = tonumber(n)
	end
end

local reply = { "ok", "", "", "" }
local function note(kind, subject, detail)
	reply[#reply + 1] = { kind, subject, detail }
end

local ids
if part == "pending" then
	ids = redis.call("ZRANGEBYSCORE", keys.pending, last == "" and "-inf" or "(" .. last, "+inf",
		"WITHSCORES", "LIMIT", 0, limit)
	for i = 1, #ids, 2 do
		audit.waiting(ids[i], note)
	end
	last = ids[#ids]
elseif part == "classes" then
	ids = redis.call("SMEMBERS", keys.classes)
	for i = 1, #ids do
		audit.class(settings, ids[i], sums, note)
	end
else
	ids = redis.call("ZRANGEBYLEX", LISTS[part], last == "" and "-" or "(" .. last, "+", "LIMIT", 0,
		limit)
	for i = 1, #ids do
		if part == "nodes" then
			audit.node(settings, ids[i], sums, note)
		else
			audit.assignment(ids[i], sums, note)
		end
	end
	last = ids[#ids]
end

local checked = part == "pending" and #ids / 2 or #ids
reply[4] = tostring(checked)
if part == "classes" or checked < limit then
	part, last = NEXT[part], ""
end
if part ~= "" then
	local list = {}
	for i = 1, #audit.SUMS do
		list[i] = string.format("%.0f", sums[audit.SUMS[i]])
	end
	reply[3] = part .. ":" .. mark .. ":" .. table.concat(list, ".") .. ":" .. last
elseif mark == last_event then
	audit.totals(sums, note)
end
return reply
