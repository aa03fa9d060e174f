-- The plain case of placements in one piece: nobody waits, one class of nodes is open and has what
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
local usage = require("lib.usage")

local shortcut = {}

-- The cluster's index where it is the only one and its class is the only open one and has all these
-- services, else nil. services: of `number` agents, as shortcut.create has them.
local function only_index(settings, services, number)
	local strategy, class = settings.strategy, settings.open_classes
	if settings.kept[1] ~= strategy or settings.kept[2] or settings.building
		or strategies.by_chance[strategy] or string.sub(class, 1, 7) ~= "worker/"
		or string.find(class, " ", 8, true) then
		return nil
	end
	local offered, last = string.sub(class, 8), ""
	for i = 1, number do
		local wanted = services[i] or ""
		if wanted ~= last and wanted ~= "" and not text.has_all(offered, text.split(wanted)) then
			return nil
		end
		last = wanted
	end
	return keys.placement .. strategy .. ":" .. class
end

-- The nodes that are chosen for `number` agents, one for each: { id, active_agents, score, … },
-- and the same nodes once each. nil where it takes more than their first places. Nothing is written.
-- epoch: of the first agent.
local function choose(settings, index, number, epoch)
	local call, score_of = redis.call, strategies.score[settings.strategy]
	local needed = strategies.needs[settings.strategy] or "active_agents"
	local found = call("ZRANGE", index, "0", number - 1, "WITHSCORES")
	local heartbeats = {}
	for i = 1, #found, 2 do
		heartbeats[#heartbeats + 1] = keys.heartbeat .. found[i]
	end
	if not found[1] or call("EXISTS", unpack(heartbeats)) ~= #heartbeats then
		return nil
	end
	-- A node whose score has become greater than this one is not chosen again.
	local last = tonumber(found[2 * number] or math.huge)
	local chosen, nodes, again, at = {}, {}, {}, 1
	for i = 1, number do
		local node, id = again[1], found[at]
		local score = id and tonumber(found[at + 1])
		if id and not (node and (node.score < score or node.score == score and text.before(node.id, id))) then
			local v = call("HMGET", keys.node .. id, "active_agents", "max_agents", "address", needed)
			node = { id = id, active_agents = tonumber(v[1]), max_agents = tonumber(v[2]), address = v[3],
				chosen = 0, own = "", score = 0, joined = nil, cpu_usage = nil, memory_usage = nil, weight = nil }
			if needed == "usage" then
				node.cpu_usage, node.memory_usage = usage.parts(v[4])
			else
				node.weight = tonumber(v[4])
			end
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
		if node.score <= last then
			heap.push(again, node)
		end
		chosen[i] = node
	end
	return chosen, nodes
end

-- Places agents without assignments, or answers nil with nothing written where the case is not a plain
-- one. ids: an array; services (lists), metadata: by the same number, nil for "".
-- Returns the reply {"ok", last event's id, item, item, …} of agent_batch_assign.
function shortcut.create(settings, ids, services, metadata)
	local call, strategy = redis.call, settings.strategy
	local index = only_index(settings, services, #ids)
	local counter = "placed_requested_" .. strategy
	local t = call("HMGET", keys.totals, "epoch", "pending", counter)
	local records, known = {}, {}
	for i = 1, #ids do
		local id = ids[i]
		if known[id] then
			return nil
		end
		known[id], records[i] = true, keys.assignment .. id
	end
	-- What has not been counted yet, the whole machinery begins.
	if not index or not t[3] or (t[2] and t[2] ~= "0") or call("EXISTS", unpack(records)) > 0 then
		return nil
	end
	local now = clock.now()
	local epoch, at, own = math.max(t[1] + 1, now), text.int(now), ""
	local chosen, nodes = choose(settings, index, #ids, epoch)
	if not chosen then
		return nil
	end

	local reply = { "ok", "" }
	for i = 1, #ids do
		local id, node = ids[i], chosen[i]
		own = text.int(epoch + i - 1)
		node.own = own
		local wants, carries = services[i] or "", metadata[i] or ""
		if wants == "" and carries == "" then
			call("HSET", records[i], "node_id", node.id, "epoch", own, "strategy", strategy,
				"assigned_at", at)
		else
			call("HSET", records[i], "node_id", node.id, "epoch", own, "strategy", strategy,
				"assigned_at", at, unpack(wants == "" and { "metadata", carries }
				or carries == "" and { "services", wants }
				or { "services", wants, "metadata", carries }))
		end
		local emit = i < #ids and events.append or events.emit
		local event = emit("agent.assigned", "agent_id", id, "node_id", node.id, "epoch", own)
		reply[i + 2] = assignment_row("created\t" .. event .. "\t" .. id, node.id, "assigned", own, wants,
			strategy, carries, at, "", "requested", node.address, "1")
		reply[2] = event
		local joined = node.joined
		if joined then
			joined[#joined + 1] = "0"
			joined[#joined + 1] = id
		else
			node.joined = { "0", id }
		end
		roster.add(id)
	end
	local scores = {}
	for i = 1, #nodes do
		local node = nodes[i]
		call("HSET", keys.node .. node.id, "active_agents", node.active_agents, "chosen", node.own)
		call("ZADD", keys.node_agents .. node.id, unpack(node.joined))
		scores[2 * i - 1], scores[2 * i] = node.score, node.id
	end
	call("ZADD", index, unpack(scores))
	roster.flush()
	call("HSET", keys.totals, "epoch", own, counter, t[3] + #ids)
	return reply
end

return shortcut
