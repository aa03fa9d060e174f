#!lua
-- Duty of the leader: drops one placement index that nobody has used for a while, so that no
-- change has to keep it.
-- ARGV: leader id, nonce, term, idle_ms.
-- Reply: {"ok", "", dropped row}.
-- Errors: NOT_LEADER.

local dropped_row = require("lib.rows.dropped")
local indexes = require("lib.indexes")
local lease = require("lib.lease")
local tx = require("lib.tx")

local id, nonce, term, idle_ms = unpack(ARGV)
replies("dropped")
lease.check(id, nonce, term)
return { "ok", "", dropped_row(indexes.drop_idle(tx.open(), tonumber(idle_ms)) or "") }
