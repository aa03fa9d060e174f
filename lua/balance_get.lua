#!lua flags=no-writes
-- The cluster's strategy and all that there are.
-- Reply: {"ok", "", strategy, name, name, …}.

local settings = require("lib.settings").load()
local strategies = require("lib.strategies")

return { "ok", "", settings.strategy, unpack(strategies.names) }
