-- The plain case of assignment_create in one piece: nobody waits, one class of nodes is open and
-- has what is asked for, one index is kept, and its first node lives and has room to spare. Nearly
-- all placements of most clusters are such. It does what chooser, assignments, nodes, placement,
-- roster and totals do together, at half their cost: what a call spends most on in Lua is the making
-- of functions and tables. A test has both do the same.

local keys = require("lib.keys")
local clock = require("lib.clock")
local events = require("lib.events")
local roster = require("lib.roster")
local strategies = require("lib.strategies")
local text = require("lib.text")

local shortcut = {}

-- Places an agent that has no assignment. Returns the event's id and the row of assignments.row, or
-- nil with nothing written where the case is not a plain one.
function shortcut.create(settings, agent_id, services, metadata)
	local call, strategy, class = redis.call, settings.strategy, settings.open_classes
	if settings.kept[1] ~= strategy or settings.kept[2] or settings.building
		or strategies.by_chance[strategy] or string.sub(class, 1, 7) ~= "worker/"
		or string.find(class, " ", 8, true)
		or services ~= "" and not text.has_all(string.sub(class, 8), text.split(services)) then
		return nil
	end
	local counter = "placed_requested_" .. strategy
	local t = call("HMGET", keys.totals, "epoch", "pending", counter)
	local index = keys.placement .. strategy .. ":" .. class
	local id = call("ZRANGE", index, "0", "0")[1]
	-- What has not been counted yet, the whole machinery begins.
	if not t[3] or (t[2] and t[2] ~= "0") or not id
		or call("EXISTS", keys.heartbeat .. id) == 0 then
		return nil
	end
	local v = call("HMGET", keys.node .. id, "max_agents", "active_agents", "cpu_usage", "memory_usage",
		"weight", "hostname", "ip_address", "port")
	local most, active = tonumber(v[1]), v[2] + 1
	local page = call("ZREVRANGEBYLEX", keys.roster, "[" .. agent_id, "-", "LIMIT", "0", "1")[1]
	if active >= most or not page or call("ZCARD", keys.roster_page .. page) >= roster.FULL - 1 then
		return nil
	end

	local now = clock.now()
	local number = math.max(t[1] + 1, now)
	local epoch, at = text.int(number), text.int(now)
	local score = strategies.score[strategy]({ max_agents = most, active_agents = active,
		cpu_usage = v[3], memory_usage = v[4], weight = tonumber(v[5]), chosen = number }, settings)
	call("HSET", keys.node .. id, "active_agents", active, "chosen", epoch)
	call("ZADD", index, score, id)
	if services == "" and metadata == "" then
		call("HSET", keys.assignment .. agent_id, "node_id", id, "epoch", epoch, "strategy", strategy,
			"assigned_at", at)
	else
		call("HSET", keys.assignment .. agent_id, "node_id", id, "epoch", epoch, "strategy", strategy,
			"assigned_at", at, unpack(services == "" and { "metadata", metadata }
			or metadata == "" and { "services", services }
			or { "services", services, "metadata", metadata }))
	end
	call("ZADD", keys.roster_page .. page, "0", agent_id)
	call("ZADD", keys.node_agents .. id, "0", agent_id)
	call("HSET", keys.totals, "epoch", epoch, counter, t[3] + 1)
	return events.emit("agent.assigned", "agent_id", agent_id, "node_id", id, "epoch", epoch),
		agent_id .. "\t" .. id .. "\tassigned\t" .. epoch .. "\t" .. services .. "\t" .. strategy .. "\t"
		.. metadata .. "\t" .. at .. "\t\trequested\t" .. v[6] .. "\t" .. v[7] .. "\t" .. v[8] .. "\t1"
end

return shortcut
