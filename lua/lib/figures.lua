-- Heartbeats that bring new figures of nodes and nothing else, as nearly all do, in one piece: any
-- number of them in one script. It keeps what liveness, nodes.save and totals keep together, at a
-- fraction of their cost; what all have in common is read and written once.

local keys = require("lib.keys")
local clock = require("lib.clock")
local lease = require("lib.lease")
local least_loaded = require("lib.strategies.least_loaded")
local liveness = require("lib.liveness")
local node_row = require("lib.node_row")
local strategies = require("lib.strategies")
local text = require("lib.text")
local usage = require("lib.usage")

local figures = {}

local SUMS = { "cpu_usage", "memory_usage", "disk_usage", "load_average" }
-- Places in a record as fetched.
local INCARNATION, USAGE, CLASS, STATUS, HEALTHY, SUSPECT = 4, 5, 6, 7, 8, 9

-- The end of the row in a heartbeat's reply. leader, term: nil where there is none.
function figures.tail(leader, term, interval_ms, ttl_ms, epoch)
	return "\t" .. (leader or "") .. "\t" .. (term or "") .. "\t" .. interval_ms .. "\t" .. ttl_ms .. "\t"
		.. text.int(epoch)
end

-- Reads what all heartbeats need. ttl_ms, interval_ms, rate: texts, as lib/liveness stretches them.
-- Returns a table for the functions below.
function figures.begin(settings, ttl_ms, interval_ms, rate)
	local t = redis.call("HMGET", keys.totals, "epoch", "nodes_online", "nodes_draining", unpack(SUMS))
	local leader, _, term = lease.holder()
	local now = clock.now()
	local beats = { settings = settings, now = now, at = text.int(now), epoch = tonumber(t[1] or 0),
		term = tonumber(term or 0), leader = leader, sums = { t[4] or 0, t[5] or 0, t[6] or 0, t[7] or 0 },
		counted = false, records = {}, deadlines = {}, deadline = "", scores = {}, tail = "", ttl_ms = ttl_ms }
	local stretch = liveness.stretch((t[2] or 0) + (t[3] or 0), interval_ms, tonumber(rate))
	if stretch > 1 then
		interval_ms = text.int(math.ceil(interval_ms * stretch))
		beats.ttl_ms = text.int(math.ceil(ttl_ms * stretch))
	end
	beats.deadline = text.int(now + beats.ttl_ms)
	beats.tail = figures.tail(leader, term, interval_ms, beats.ttl_ms, beats.epoch)
	return beats
end

-- True where all that a heartbeat with these texts can change of the record `v` are its figures.
local function is_plain(beats, v, healthy, status, incarnation, term_seen, epoch_seen)
	return v[1] and v[STATUS] ~= "offline" and v[SUSPECT] ~= "1"
		and (status == "" or status == v[STATUS]) and (healthy == "" or healthy == v[HEALTHY])
		and (incarnation == "" or incarnation == v[INCARNATION])
		and (epoch_seen == "" or tonumber(epoch_seen) <= beats.epoch)
		and (term_seen == "" or tonumber(term_seen) <= beats.term)
end

-- Takes a heartbeat, whose texts are node_heartbeat's. Returns the row of its reply, or nil where it is
-- not a plain one. Nothing is written: the caller calls figures.flush after the last.
function figures.take(beats, id, cpu, memory, disk, load_average, ...)
	local v = beats.records[id] or node_row.fetch(id)
	if not is_plain(beats, v, ...) then
		return nil
	end
	local was = v[USAGE]
	local cpu_was, memory_was, disk_was, load_was = usage.parts(was)
	cpu = cpu ~= "" and cpu or cpu_was
	memory = memory ~= "" and memory or memory_was
	disk = disk ~= "" and disk or disk_was
	load_average = load_average ~= "" and load_average or load_was
	local is = cpu .. "\t" .. memory .. "\t" .. disk .. "\t" .. load_average
	-- Should the same node have another one, that follows this one.
	v[USAGE], beats.records[id] = is, v
	local deadlines = beats.deadlines
	deadlines[#deadlines + 1] = beats.deadline
	deadlines[#deadlines + 1] = id

	local most, active = tonumber(v[1]), tonumber(v[2])
	local score = least_loaded({ max_agents = most, active_agents = active, cpu_usage = cpu,
		memory_usage = memory }, beats.settings)
	if is ~= was and v[HEALTHY] == "1" then
		-- Sums are of the healthy, in thousandths, so that they never drift.
		local sums, floor = beats.sums, math.floor
		sums[1] = sums[1] + floor(cpu * 1000 + 0.5) - floor(cpu_was * 1000 + 0.5)
		sums[2] = sums[2] + floor(memory * 1000 + 0.5) - floor(memory_was * 1000 + 0.5)
		sums[3] = sums[3] + floor(disk * 1000 + 0.5) - floor(disk_was * 1000 + 0.5)
		sums[4] = sums[4] + floor(load_average * 1000 + 0.5) - floor(load_was * 1000 + 0.5)
		beats.counted = true
		if v[STATUS] == "online" and active < most and string.sub(v[CLASS], 1, 8) ~= "replica/" then
			local list = beats.scores[v[CLASS]] or {}
			list[#list + 1] = score
			list[#list + 1] = id
			beats.scores[v[CLASS]] = list
		end
	end
	return node_row.of(id, v, beats.leader, v[HEALTHY] == "1", score, beats.at, beats.ttl_ms) .. beats.tail
end

-- Writes what has been taken.
function figures.flush(beats)
	local call, sums, kept, at, ttl_ms = redis.call, beats.sums, beats.settings.kept, beats.at, beats.ttl_ms
	for id, v in pairs(beats.records) do
		call("SET", keys.heartbeat .. id, at, "PX", ttl_ms)
		call("HSET", keys.node .. id, "usage", v[USAGE], "last_heartbeat", at, "heartbeat_ttl_ms", ttl_ms)
	end
	if beats.deadlines[1] then
		call("ZADD", keys.deadlines, unpack(beats.deadlines))
	end
	if beats.counted then
		call("HSET", keys.totals, SUMS[1], sums[1], SUMS[2], sums[2], SUMS[3], sums[3], SUMS[4], sums[4])
	end
	for class, list in pairs(beats.scores) do
		for i = 1, #kept do
			if strategies.by_usage[kept[i]] then
				call("ZADD", keys.placement .. kept[i] .. ":" .. class, unpack(list))
			end
		end
	end
end

return figures
