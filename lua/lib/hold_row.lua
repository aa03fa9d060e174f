-- The hold as a reply row.

local keys = require("lib.keys")
local row = require("lib.rows.hold")
local text = require("lib.text")

local hold_row = {}

local NODES_MAX = 1000 -- ids in the row; the count includes all missing nodes

-- The row. h: of hold.load.
function hold_row.read(h, now)
	if not h.on then
		return row("off", "", "", "0", "")
	end
	local due = text.int(now)
	local ids = redis.call("ZRANGE", keys.suspects, 0, NODES_MAX - 1)
	local further = redis.call("ZRANGEBYSCORE", keys.deadlines, "-inf", due, "LIMIT", 0, NODES_MAX - #ids)
	for i = 1, #further do
		ids[#ids + 1] = further[i]
	end
	table.sort(ids)
	local count = redis.call("ZCARD", keys.suspects) + redis.call("ZCOUNT", keys.deadlines, "-inf", due)
	return row("on", text.int(h.since), h.why, tostring(count), table.concat(ids, ","))
end

return hold_row
