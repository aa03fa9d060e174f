#!lua flags=no-writes
-- Who leads.
-- Reply: {"ok", "", leader row}.
-- Errors: NO_LEADER.

local fail = require("lib.fail")
local leadership = require("lib.leadership")

replies("leader")
return { "ok", "", leadership.row() or fail("NO_LEADER", "nobody holds the lease at this moment") }
