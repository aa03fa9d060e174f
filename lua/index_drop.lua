#!lua
-- Task of the leader: drops the placement indexes of one strategy that was not used for idle_ms, so that
-- changes of nodes need not update them.
-- ARGV: the leader's id, nonce, term; idle_ms.
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
