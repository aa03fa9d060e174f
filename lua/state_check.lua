#!lua flags=no-writes
-- A page of a check of the whole state. It compares each record with everything that is derived from it,
-- and on the last page the sums with the counters, unless an event shows that something changed
-- meanwhile.
-- ARGV: limit (records, 1 to 1000; one call checks at most 50), cursor ("" for the start).
-- Reply: {"ok", "", check row, violation row, …}. A cursor is "<part>:<last event>:<sums>:<last id>".
-- Errors: INVALID_FIELD.

local audit = require("lib.audit")
local check_row = require("lib.rows.check")
local fail = require("lib.fail")
local keys = require("lib.keys")
local roster = require("lib.roster")
local text = require("lib.text")
local tx = require("lib.tx")
local violation_row = require("lib.rows.violation")

-- The parts, in the order of the check.
local NEXT = { nodes = "assignments", assignments = "pending", pending = "classes", classes = "" }
local NONE = "0-0"

local LIMIT_MAX = 50 -- records per call, which take about a millisecond
local limit, cursor = unpack(ARGV)
replies("check", { "violation" })
limit = math.min(tonumber(limit), LIMIT_MAX)
local sums = {}
for i = 1, #audit.SUMS do
	sums[audit.SUMS[i]] = 0
end
local last_event = redis.call("XREVRANGE", keys.events, "+", "-", "COUNT", 1)[1]
last_event = last_event and last_event[1] or NONE

local part, mark, last = "nodes", last_event, ""
if cursor ~= "" then
	local carried
	part, mark, carried, last = string.match(cursor, "^(%l+):(%d+%-%d+):([%d.-]*):(.*)$")
	local i, sound = 0, part and NEXT[part]
	for n in string.gmatch(carried or "", "[^.]+") do
		i = i + 1
		sound = sound and audit.SUMS[i] and tonumber(n)
		sums[audit.SUMS[i] or ""] = tonumber(n)
	end
	if (part == "pending" or part == "assignments") and last ~= "" then
		sound = sound and string.find(last, "^[%d.e+-]+$") and tonumber(last)
	end
	if not sound or i ~= #audit.SUMS then
		fail("INVALID_FIELD", "cursor: it is not one of this check")
	end
end

local violations, next_cursor = {}, ""
local function note(kind, subject, detail)
	violations[#violations + 1] = violation_row(kind, subject, detail)
end

local t = tx.open()
local ids, more
local checked, ended
if part == "pending" then
	ids = redis.call("ZRANGEBYSCORE", keys.pending, last == "" and "-inf" or "(" .. last, "+inf",
		"WITHSCORES", "LIMIT", 0, limit)
	for i = 1, #ids, 2 do
		audit.waiting(t, ids[i], note)
	end
	checked, last = #ids / 2, ids[#ids]
	ended = checked < limit
elseif part == "classes" then
	ids = redis.call("SMEMBERS", keys.classes)
	for i = 1, #ids do
		audit.class(t, ids[i], sums, note)
	end
	checked, ended = #ids, true
elseif part == "nodes" then
	ids = redis.call("ZRANGEBYLEX", keys.nodes, last == "" and "-" or "(" .. last, "+", "LIMIT", 0, limit)
	for i = 1, #ids do
		audit.node(t, ids[i], sums, note)
	end
	checked, last = #ids, ids[#ids]
	ended = checked < limit
else
	local numbers
	ids, numbers, more = roster.walk(tonumber(last) or 0, limit)
	for i = 1, #ids do
		audit.assignment(ids[i], sums, note)
	end
	checked, last, ended = #ids, text.int(numbers[#ids] or 0), not more
end
if ended then
	part, last = NEXT[part], ""
end
if part ~= "" then
	local list = {}
	for i = 1, #audit.SUMS do
		list[i] = string.format("%.0f", sums[audit.SUMS[i]])
	end
	next_cursor = part .. ":" .. mark .. ":" .. table.concat(list, ".") .. ":" .. last
elseif mark == last_event then
	audit.totals(sums, note)
end
return { "ok", "", check_row(next_cursor, tostring(checked)), unpack(violations) }
