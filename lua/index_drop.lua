#!lua
-- Duty of the leader: drops one placement index that nobody has used for a while, so that no
-- change has to keep it.
-- ARGV: leader id, nonce, term, idle_ms.
-- Reply: {"ok", "", strategy or "" where none was dropped}.
-- Errors: NOT_LEADER.

local indexes = require("lib.indexes")
local lease = require("lib.lease")
local tx = require("lib.tx")

local id, nonce, term, idle_ms = unpack(ARGV)
lease.check(id, nonce, term)
return { "ok", "", indexes.drop_idle(tx.open(), tonumber(idle_ms)) or "" }
