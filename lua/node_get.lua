#!lua flags=no-writes
-- One node.
-- ARGV: id.
-- Reply: {"ok", "", node row}.
-- Errors: NODE_NOT_FOUND.

local fail = require("lib.fail")
local node_row = require("lib.node_row")
local tx = require("lib.tx")

local row = node_row.read(tx.open(), ARGV[1])
	or fail("NODE_NOT_FOUND", "id: there is no node '" .. ARGV[1] .. "'")
return { "ok", "", row }
