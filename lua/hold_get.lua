#!lua flags=no-writes
-- The hold, and the nodes that are missing.
-- Reply: {"ok", "", hold row}.

local clock = require("lib.clock")
local hold = require("lib.hold")
local hold_row = require("lib.hold_row")

replies("hold")
return { "ok", "", hold_row.read(hold.load(), clock.now()) }
