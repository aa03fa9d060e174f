#!lua flags=no-writes
-- The cluster's strategy and all that there are.
-- Reply: {"ok", "", strategy, name, name, …}.

local strategies = require("lib.strategies")
local tx = require("lib.tx")

return { "ok", "", tx.open().strategy, unpack(strategies.names) }
