-- A call's state, in one table `t`, and the one place that writes it. An operation opens it, lets the modules
-- read and decide, each of which notes in t what is to be written, and commits it. Nothing is written before
-- that, so a refused request has changed nothing.
--
-- t has the settings, and
--   now, at          Redis' time in milliseconds, as a number and as text
--   totals, deltas, placed, epoch          lib/totals.lua; epoch_text: the epoch's digits
--   log                                    lib/events.lua, lib/assignments.lua
--   nodes, loaded, candidate_fields, occupied_fields   lib/nodes.lua
--   classes, class_names, open, offers, ends, came     lib/classes.lua
--   groups, group, chosen, lapsed, expected     lib/chooser.lua
--   strategies       lib/strategies.lua    counted: true where classes.write has something to do
--   contended, spare, rivals, judged       lib/newcomers.lua
--   matches, match_us, class_offers        lib/waiting.lua
--   queued, dequeued, reasons  lib/pending.lua   ready, tried  lib/selective.lua
--   requirements     lib/requirements.lua  resources       lib/resources.lua
--   groups_of        lib/spread.lua        created, enrolled  lib/roster.lua
--   addresses, released  lib/assignments.lua   beats           lib/liveness.lua
--   writes           lib/writes.lua

local assignments = require("lib.assignments")
local classes = require("lib.classes")
local events = require("lib.events")
local keys = require("lib.keys")
local liveness = require("lib.liveness")
local nodes = require("lib.nodes")
local pending = require("lib.pending")
local placement = require("lib.placement")
local resources = require("lib.resources")
local roster = require("lib.roster")
local selective = require("lib.selective")
local spread = require("lib.spread")
local totals = require("lib.totals")
local waiting = require("lib.waiting")
local writes = require("lib.writes")

local tx = {}

tx.DEFAULT_STRATEGY = "least_loaded"

-- Opens the state of a call: reads settings and time.
-- strategy        the cluster's
-- kept            the strategies that have an index, an array; every change must update them
-- complete        by name: true where that index is complete; building: the one of them that is not, or nil
-- open_classes    the classes of nodes that may be given an agent, a space between them
-- weight_cpu, weight_memory, weight_agents: of least_loaded
function tx.open()
	local v = redis.call("HMGET", keys.settings, "strategy", "indexes", "building", "open_classes",
		"weight_cpu", "weight_memory", "weight_agents")
	local time = redis.call("TIME")
	local ms = math.floor(time[2] / 1000)
	local kept, complete = {}, {}
	for name in string.gmatch(v[2] or "", "[^,]+") do
		kept[#kept + 1], complete[name] = name, true
	end
	if v[3] then
		kept[#kept + 1] = v[3]
	end
	return { now = time[1] * 1000 + ms, at = time[1] .. string.format("%03d", ms),
		strategy = v[1] or tx.DEFAULT_STRATEGY, kept = kept, complete = complete, building = v[3] or nil,
		keeps_chosen = complete.round_robin or v[3] == "round_robin", open_classes = v[4] or "",
		weight_cpu = tonumber(v[5] or 0.4), weight_memory = tonumber(v[6] or 0.3),
		weight_agents = tonumber(v[7] or 0.3), totals = {}, deltas = {}, placed = {}, epoch = nil,
		epoch_text = nil, log = {}, nodes = {}, loaded = {}, classes = {}, open = nil, groups = {}, group = nil,
		chosen = nil, strategies = {}, enrolled = {}, created = nil }
end

-- Writes all that the call has decided. Returns the id of the last event, or "".
function tx.commit(t)
	local log, last = t.log, ""
	local counters = totals.prepare(t)
	for i = 1, #log do
		local entry = log[i]
		if entry.event then
			assignments.write(entry, i == #log)
			last = entry.event_id
		else
			last = events.append(i == #log, unpack(entry))
			entry.id = last
		end
	end
	if t.released then
		assignments.delete(t)
	end
	if t.loaded[1] then
		placement.write(t)
		nodes.write(t)
	end
	if t.queued or t.dequeued or t.reasons then
		pending.write(t)
	end
	if t.groups_of then
		selective.wake_groups(t)
	end
	if t.ready then
		selective.write_ready(t)
	end
	if t.counted then
		classes.write(t)
		if t.came then
			waiting.write_came(t)
		end
	end
	if t.groups_of then
		spread.write(t)
	end
	if t.resources then
		resources.write(t)
	end
	if t.beats then
		liveness.write(t)
	end
	if t.created or t.released then
		roster.write(t)
	end
	totals.write(counters)
	if t.writes then
		writes.send(t)
	end
	return last
end

return tx
