#!lua flags=no-writes
-- One assignment with what a caller needs to reach its node.
-- ARGV: agent_id.
-- Reply: {"ok", "", assignment row}.
-- Errors: ASSIGNMENT_NOT_FOUND.

local assignments = require("lib.assignments")
local fail = require("lib.fail")

local a = assignments.load(ARGV[1])
	or fail("ASSIGNMENT_NOT_FOUND", "agent_id: there is no assignment of '" .. ARGV[1] .. "'")
return { "ok", "", assignments.row(a) }
