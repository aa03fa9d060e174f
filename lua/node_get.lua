#!lua flags=no-writes
-- One node.
-- ARGV: id.
-- Reply: {"ok", "", node row}.
-- Errors: NODE_NOT_FOUND.

local fail = require("lib.fail")
local node_row = require("lib.node_row")
local tx = require("lib.tx")

local id = unpack(ARGV)
replies("node")
local row = node_row.read(tx.open(), id) or fail("NODE_NOT_FOUND", "id: there is no node '" .. id .. "'")
return { "ok", "", row }
