#!lua
-- Writes a mark into the replication stream. A WAIT after it, on the same connection, covers everything
-- that any connection had written before.
-- Reply: {"ok", ""}.

local clock = require("lib.clock")
local keys = require("lib.keys")
local text = require("lib.text")

replies()
redis.call("SET", keys.replication_mark, text.int(clock.now()))
return { "ok", "" }
