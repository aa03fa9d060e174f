#!lua flags=no-writes
-- A page of the nodes, in order of id.
-- ARGV: limit (1 to 1000); cursor, status, role (or "leader"), service, zone: "" each for none.
-- Reply: {"ok", "", page row, node row, …}. {"page", …} if the call ended before the limit was reached
--   and there are more: src/redis/script.c then calls again from the cursor. One call looks at a limited
--   number of nodes, matching or not, so that it holds Redis for at most a millisecond or two.

local keys = require("lib.keys")
local lease = require("lib.lease")
local node_row = require("lib.node_row")
local page_row = require("lib.rows.page")
local text = require("lib.text")
local tx = require("lib.tx")

local ROWS_MAX, LOOK_MAX = 100, 250
local limit, cursor, status, role, service, zone = unpack(ARGV)
replies("page", { "node" })
limit = tonumber(limit)

local wanted = service ~= "" and { service } or {}
local filtered = status ~= "" or role ~= "" or service ~= "" or zone ~= ""
local most = math.min(limit, ROWS_MAX)
local look = filtered and LOOK_MAX or most
local leader = role ~= "" and lease.holder()

local function matches(id)
	local v = redis.call("HMGET", keys.node .. id, "status", "class", "profile")
	if not v[1] then
		return false
	end
	local services, its_zone = string.match(v[3], node_row.PROFILE)
	local its_role = id == leader and "leader" or string.match(v[2], "^%a+")
	return (status == "" or v[1] == status) and (role == "" or its_role == role)
		and (zone == "" or its_zone == zone) and text.has_all(services, wanted)
end

local ids = redis.call("ZRANGEBYLEX", keys.nodes, cursor == "" and "-" or "(" .. cursor, "+",
	"LIMIT", 0, look + 1)
local t = tx.open()
local rows, outcome, next_cursor, last = {}, "ok", "", nil
for i = 1, math.min(#ids, look) do
	local row = (not filtered or matches(ids[i])) and node_row.read(t, ids[i])
	last = i
	if row then
		rows[#rows + 1] = row
		if #rows == most then
			break
		end
	end
end
if last and last < #ids then
	outcome, next_cursor = #rows < limit and "page" or "ok", ids[last]
end
return { outcome, "", page_row(next_cursor), unpack(rows) }
