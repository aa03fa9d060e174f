-- The plain case of a placement in one piece: nobody waits, one class of nodes is open and has what
-- is asked for, one index is kept, and its first nodes live and have room to spare. Nearly all
-- placements of most clusters are such. It does what chooser, assignments, nodes, placement and
-- totals do together, at a fraction of their cost: what a call spends most on in Lua is the making of
-- functions and tables. Tests have both do the same.

local keys = require("lib.keys")
local assignment_row = require("lib.assignment_row")
local clock = require("lib.clock")
local events = require("lib.events")
local heap = require("lib.heap")
local roster = require("lib.roster")
local strategies = require("lib.strategies")
local text = require("lib.text")

local shortcut = {}

-- The cluster's index where it is the only one and its class is the only open one and has these
-- services (a list), else nil.
local function only_index(settings, services)
	local strategy, class = settings.strategy, settings.open_classes
	if settings.kept[1] ~= strategy or settings.kept[2] or settings.building
		or strategies.by_chance[strategy] or string.sub(class, 1, 7) ~= "worker/"
		or string.find(class, " ", 8, true)
		or services ~= "" and not text.has_all(string.sub(class, 8), text.split(services)) then
		return nil
	end
	return keys.placement .. strategy .. ":" .. class
end

-- Places an agent that has no assignment. Returns the event's id and the row, or
-- nil with nothing written where the case is not a plain one.
function shortcut.create(settings, agent_id, services, metadata)
	local call, strategy, index = redis.call, settings.strategy, only_index(settings, services)
	if not index then
		return nil
	end
	local counter = "placed_requested_" .. strategy
	local t = call("HMGET", keys.totals, "epoch", "pending", counter)
	local id = call("ZRANGE", index, "0", "0")[1]
	-- What has not been counted yet, the whole machinery begins.
	if not t[3] or (t[2] and t[2] ~= "0") or not id
		or call("EXISTS", keys.heartbeat .. id) == 0 then
		return nil
	end
	local v = call("HMGET", keys.node .. id, "max_agents", "active_agents", "cpu_usage", "memory_usage",
		"weight", "hostname", "ip_address", "port")
	local most, active = tonumber(v[1]), v[2] + 1
	local page = roster.page_of(agent_id)
	if active >= most or not page then
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
	roster.insert(page, agent_id)
	call("ZADD", keys.node_agents .. id, "0", agent_id)
	call("HSET", keys.totals, "epoch", epoch, counter, t[3] + 1)
	return events.emit("agent.assigned", "agent_id", agent_id, "node_id", id, "epoch", epoch),
		assignment_row(agent_id, id, "assigned", epoch, services, strategy, metadata, at, "", "requested",
			v[6], v[7], v[8], "1")
end

-- The nodes that are chosen for `number` agents, one for each: { id, active_agents, score, joined (the
-- agents that it gets, left to the caller), … }; and the same nodes once each. nil where it takes
-- more than their first places. Nothing is written.
local function choose_many(settings, index, number, epoch)
	local call, score_of = redis.call, strategies.score[settings.strategy]
	local found = call("ZRANGE", index, "0", number - 1, "WITHSCORES")
	local heartbeats = {}
	for i = 1, #found, 2 do
		heartbeats[#heartbeats + 1] = keys.heartbeat .. found[i]
	end
	if not found[1] or call("EXISTS", unpack(heartbeats)) ~= #heartbeats then
		return nil
	end
	local chosen, nodes, again, at = {}, {}, {}, 1
	for i = 1, number do
		local node, id = again[1], found[at]
		if id and not (node and heap.before(node, { id = id, score = tonumber(found[at + 1]) })) then
			local v = call("HMGET", keys.node .. id, "max_agents", "active_agents", "cpu_usage",
				"memory_usage", "weight", "hostname", "ip_address", "port")
			node = { id = id, max_agents = tonumber(v[1]), active_agents = tonumber(v[2]), cpu_usage = v[3],
				memory_usage = v[4], weight = tonumber(v[5]), chosen = 0, score = 0, joined = {},
				hostname = v[6], ip_address = v[7], port = v[8] }
			nodes[#nodes + 1] = node
			at = at + 2
		elseif node then
			heap.pop(again)
		end
		if not node or node.active_agents + 1 >= node.max_agents then
			return nil
		end
		node.active_agents, node.chosen = node.active_agents + 1, epoch + i - 1
		node.score = score_of(node, settings)
		heap.push(again, node)
		chosen[i] = node
	end
	return chosen, nodes
end

-- Places many agents that want nothing in particular. Returns the last event's id and an array of
-- rows, or nil with nothing written where the case is not a plain one.
function shortcut.create_many(settings, ids)
	local call, strategy, index = redis.call, settings.strategy, only_index(settings, "")
	local counter = "placed_requested_" .. strategy
	local t = call("HMGET", keys.totals, "epoch", "pending", counter)
	local records, known = {}, {}
	for i = 1, #ids do
		records[i] = keys.assignment .. ids[i]
		known[ids[i]] = (known[ids[i]] or 0) + 1
		if known[ids[i]] > 1 then
			return nil
		end
	end
	if not index or not t[3] or (t[2] and t[2] ~= "0") or call("EXISTS", unpack(records)) > 0 then
		return nil
	end
	local now = clock.now()
	local epoch, at = math.max(t[1] + 1, now), text.int(now)
	local chosen, nodes = choose_many(settings, index, #ids, epoch)
	if not chosen then
		return nil
	end

	local event, rows = "", {}
	for i = 1, #ids do
		local id, node, own = ids[i], chosen[i], text.int(epoch + i - 1)
		call("HSET", records[i], "node_id", node.id, "epoch", own, "strategy", strategy, "assigned_at", at)
		event = events.emit("agent.assigned", "agent_id", id, "node_id", node.id, "epoch", own)
		rows[i] = assignment_row(id, node.id, "assigned", own, "", strategy, "", at, "", "requested",
			node.hostname, node.ip_address, node.port, "1")
		local joined = node.joined
		joined[#joined + 1] = "0"
		joined[#joined + 1] = id
		roster.add(id)
	end
	local scores = {}
	for i = 1, #nodes do
		local node = nodes[i]
		call("HSET", keys.node .. node.id, "active_agents", node.active_agents, "chosen", node.chosen)
		call("ZADD", keys.node_agents .. node.id, unpack(node.joined))
		scores[2 * i - 1], scores[2 * i] = node.score, node.id
	end
	call("ZADD", index, unpack(scores))
	roster.flush()
	call("HSET", keys.totals, "epoch", epoch + #ids - 1, counter, t[3] + #ids)
	return event, rows
end

return shortcut
