#!lua flags=no-writes
-- The cluster's strategy.
-- Reply: {"ok", "", balance row}.

local balance_row = require("lib.rows.balance")
local tx = require("lib.tx")

replies("balance")
return { "ok", "", balance_row(tx.open().strategy) }
