#!lua flags=no-writes
-- A page of the nodes, by id.
-- ARGV: limit (1 to 1000), cursor or "", status or "", role or "", service or "", zone or "".
-- Reply: {"ok", "", next cursor or "", row, row, …}. A page that a filter left short has a
--   cursor all the same as long as there is more to look at; at most 1,000 are looked at.

local keys = require("lib.keys")
local node_row = require("lib.node_row")
local settings = require("lib.settings").load()
local text = require("lib.text")

local ROLE, STATUS, SERVICES, ZONE = 5, 6, 17, 19 -- places in a row
local SCAN_MAX = 1000
local limit, cursor, status, role, service, zone = unpack(ARGV)
limit = tonumber(limit)

local wanted = service ~= "" and { service } or {}
local filtered = status ~= "" or role ~= "" or service ~= "" or zone ~= ""
local look = filtered and SCAN_MAX or limit
local ids = redis.call("ZRANGEBYLEX", keys.nodes, cursor == "" and "-" or "(" .. cursor, "+",
	"LIMIT", 0, look + 1)
local reply = { "ok", "", "" }
local last
for i = 1, math.min(#ids, look) do
	local row = node_row.read(ids[i], settings)
	last = i
	if row and (status == "" or row[STATUS] == status) and (role == "" or row[ROLE] == role)
		and (zone == "" or row[ZONE] == zone) and text.has_all(row[SERVICES], wanted) then
		reply[#reply + 1] = row
		if #reply == limit + 3 then
			break
		end
	end
end
if last and last < #ids then
	reply[3] = ids[last]
end
return reply
