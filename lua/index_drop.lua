#!lua
-- Duty of the leader: drops one placement index that nobody has used for a while, so that no
-- change has to keep it.
-- ARGV: leader id, nonce, term, idle_ms.
-- Reply: {"ok", "", strategy or "" where none was dropped}.
-- Errors: NOT_LEADER.

local clock = require("lib.clock")
local indexes = require("lib.indexes")
local lease = require("lib.lease")
local settings = require("lib.settings").load()

lease.check(ARGV[1], ARGV[2], ARGV[3])
return { "ok", "", indexes.drop_idle(settings, clock.now(), tonumber(ARGV[4])) or "" }
