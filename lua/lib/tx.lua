-- A call's state, in one table `t`, and the one place that writes it. An operation opens it, lets the modules
-- read and decide, each of which notes in t what is to be written, and commits it. Nothing is written before
-- that, so a refused request has changed nothing.
--
-- t has the settings, and
--   now, at          Redis' time in milliseconds, as a number and as text
--   totals, deltas, placed, epoch          lib/totals.lua
--   log                                    lib/events.lua, lib/assignments.lua
--   nodes, loaded, candidate_fields, occupied_fields   lib/nodes.lua
--   classes, open                          lib/classes.lua
--   groups, group, chosen, alive, lapsed, expected     lib/chooser.lua
--   queued, dequeued lib/pending.lua       roster_added, roster_removed  lib/roster.lua
--   addresses        lib/assignments.lua
--   writes           lib/writes.lua

local assignments = require("lib.assignments")
local classes = require("lib.classes")
local clock = require("lib.clock")
local events = require("lib.events")
local keys = require("lib.keys")
local nodes = require("lib.nodes")
local pending = require("lib.pending")
local placement = require("lib.placement")
local roster = require("lib.roster")
local text = require("lib.text")
local totals = require("lib.totals")
local writes = require("lib.writes")

local tx = {}

tx.DEFAULT_STRATEGY = "least_loaded"

-- Opens the state of a call: reads settings and time.
-- strategy        the cluster's
-- kept            the strategies that have an index, an array; every change must update them
-- building        the one of them whose index is not complete yet, or nil
-- keeps_chosen    true where one of them goes by when a node was last chosen
-- open_classes    the classes of nodes that may be given an agent, a space between them
-- weight_cpu, weight_memory, weight_agents: of least_loaded
function tx.open()
	local v = redis.call("HMGET", keys.settings, "strategy", "indexes", "building", "open_classes",
		"weight_cpu", "weight_memory", "weight_agents")
	local now = clock.now()
	local kept, building = text.split(v[2] or ""), v[3] or nil
	if building then
		kept[#kept + 1] = building
	end
	return { now = now, at = text.int(now), strategy = v[1] or tx.DEFAULT_STRATEGY, kept = kept,
		building = building, keeps_chosen = string.find(v[2] or "", "round_robin", 1, true) or
		building == "round_robin", open_classes = v[4] or "", weight_cpu = tonumber(v[5] or 0.4),
		weight_memory = tonumber(v[6] or 0.3), weight_agents = tonumber(v[7] or 0.3),
		totals = {}, deltas = {}, placed = {}, epoch = nil, epoch_text = nil, log = {}, nodes = {}, loaded = {},
		classes = {}, open = nil, groups = {}, group = nil, chosen = nil, alive = {}, lapsed = {},
		expected = 1, candidate_fields = nil, occupied_fields = nil, queued = {}, dequeued = {},
		roster_added = {}, roster_removed = {}, addresses = {}, writes = {} }
end

-- Writes all that the call has decided. Returns the id of the last event, or "".
function tx.commit(t)
	local log = t.log
	local last = ""
	totals.prepare(t)
	for i = 1, #log do
		local entry = log[i]
		if entry.event then
			assignments.write(t, entry, i == #log)
			last = entry.event_id
		else
			last = events.append(i == #log, unpack(entry))
			entry.id = last
		end
	end
	if t.loaded[1] then
		placement.write(t)
		nodes.write(t)
		classes.write(t)
	end
	if t.queued[1] or t.dequeued[1] then
		pending.write(t)
	end
	if t.roster_added[1] or t.roster_removed[1] then
		roster.write(t)
	end
	totals.write(t)
	writes.send(t)
	return last
end

return tx
