#!lua flags=no-writes
-- A page of the assignments, in the order in which the agents were created; with status "pending" and no
-- node_id, in the order of the queue.
-- ARGV: limit (1 to 1000); cursor, node_id, status ("assigned", "pending"), service: "" each for none.
-- Reply: {"ok", "", page row, assignment row, …}. {"page", …} if the call ended before the limit was
--   reached and there are more: src/redis/script.c then calls again from the cursor. One call looks at a
--   limited number of assignments, matching or not, so that it holds Redis for at most a millisecond or
--   two.
-- Errors: INVALID_FIELD.

local assignments = require("lib.assignments")
local fail = require("lib.fail")
local keys = require("lib.keys")
local page_row = require("lib.rows.page")
local tx = require("lib.tx")
local roster = require("lib.roster")
local text = require("lib.text")

local ROWS_MAX, LOOK_MAX = 100, 250
local FIRST = -math.huge -- what the queue begins after
local limit, cursor, node_id, status, service = unpack(ARGV)
replies("page", { "assignment" })
limit = tonumber(limit)

local by_age = status == "pending" and node_id == ""
if cursor ~= "" and not string.find(cursor, by_age and "^-?%d+$" or "^%d+$") then
	fail("INVALID_FIELD", "cursor: it is not one of this list")
end
local filtered = status ~= "" and not by_age and not (status == "assigned" and node_id ~= "")
	or service ~= ""
local most = math.min(limit, ROWS_MAX)
local look = filtered and LOOK_MAX or most
local after = tonumber(cursor) or by_age and FIRST or 0

-- Those of a sorted set with a greater score than the cursor: ids, scores, and true where there are more.
local function walk(key)
	local found = redis.call("ZRANGEBYSCORE", key, after == FIRST and "-inf" or "(" .. text.int(after), "+inf",
		"WITHSCORES", "LIMIT", "0",
		look + 1)
	local ids, scores = {}, {}
	for i = 1, math.min(#found / 2, look) do
		ids[i], scores[i] = found[2 * i - 1], tonumber(found[2 * i])
	end
	return ids, scores, #found / 2 > look
end

local ids, numbers, more
if by_age then
	ids, numbers, more = walk(keys.pending)
elseif node_id ~= "" then
	ids, numbers, more = walk(keys.node_agents .. node_id)
else
	ids, numbers, more = roster.walk(after, look)
end

local wanted = service ~= "" and { service } or {}
local function matches(id)
	local v = redis.call("HMGET", keys.assignment .. id, "epoch", "node_id", "services")
	return v[1] and (status == "" or status == (v[2] and "assigned" or "pending"))
		and text.has_all(v[3] or "", wanted)
end

local rows, outcome, next_cursor = {}, "ok", ""
local t = tx.open()
local last = #ids
for i = 1, #ids do
	local a = (not filtered or matches(ids[i])) and assignments.load(ids[i])
	if a then
		rows[#rows + 1] = assignments.row(t, a, "")
		if #rows == most then
			last, more = i, more or i < #ids
			break
		end
	end
end
if more then
	outcome = #rows < limit and "page" or "ok"
	next_cursor = text.int(numbers[last])
end
return { outcome, "", page_row(next_cursor), unpack(rows) }
