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

local figures = {}

local SUMS = { "cpu_usage", "memory_usage", "disk_usage", "load_average" }
local CPU, ROLE, STATUS, HEALTHY, SUSPECT, CLASS, LEAVING, TTL = 5, 9, 10, 11, 12, 13, 14, 21 -- in a record as fetched

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
		counted = false, deadlines = {}, scores = {}, tail = "", ttl_ms = ttl_ms }
	local stretch = liveness.stretch((t[2] or 0) + (t[3] or 0), interval_ms, tonumber(rate))
	if stretch > 1 then
		interval_ms = text.int(math.ceil(interval_ms * stretch))
		beats.ttl_ms = text.int(math.ceil(ttl_ms * stretch))
	end
	beats.tail = figures.tail(leader, term, interval_ms, beats.ttl_ms, beats.epoch)
	return beats
end

-- True where all that a heartbeat with these texts can change of the record `v` are its figures.
local function is_plain(beats, v, healthy, status, incarnation, term_seen, epoch_seen)
	return v[1] and v[LEAVING] ~= "1" and v[STATUS] ~= "offline" and v[SUSPECT] ~= "1"
		and (status == "" or status == v[STATUS]) and (healthy == "" or healthy == v[HEALTHY])
		and (incarnation == "" or incarnation == v[4])
		and (epoch_seen == "" or tonumber(epoch_seen) <= beats.epoch)
		and (term_seen == "" or tonumber(term_seen) <= beats.term)
end

-- Takes a heartbeat, whose texts are node_heartbeat's. Returns the row of its reply, or nil with nothing written
-- where it is not a plain one. The caller calls figures.flush after the last.
function figures.take(beats, id, cpu, memory, disk, load_average, ...)
	local call, v, at = redis.call, node_row.fetch(id), beats.at
	if not is_plain(beats, v, ...) then
		return nil
	end
	local given = { cpu, memory, disk, load_average }
	local record = { keys.node .. id, "last_heartbeat", at }
	local sums = v[HEALTHY] == "1" and beats.sums or {}
	for i = 1, 4 do
		local is, was = given[i], v[CPU + i - 1]
		if is ~= "" and is ~= was then
			record[#record + 1] = SUMS[i]
			record[#record + 1] = is
			-- Sums are of the healthy, in thousandths, so that they never drift.
			sums[i] = (sums[i] or 0) + math.floor(is * 1000 + 0.5) - math.floor(was * 1000 + 0.5)
			beats.counted = true
			v[CPU + i - 1] = is
		end
	end
	if v[TTL] ~= beats.ttl_ms then
		record[#record + 1] = "heartbeat_ttl_ms"
		record[#record + 1] = beats.ttl_ms
		v[TTL] = beats.ttl_ms
	end
	v[20] = at
	call("SET", keys.heartbeat .. id, at, "PX", beats.ttl_ms)
	call("HSET", unpack(record))
	local deadlines = beats.deadlines
	deadlines[#deadlines + 1] = text.time(beats.now + beats.ttl_ms)
	deadlines[#deadlines + 1] = id

	local most, active = tonumber(v[1]), tonumber(v[2])
	local score = least_loaded({ max_agents = most, active_agents = active, cpu_usage = v[CPU],
		memory_usage = v[CPU + 1] }, beats.settings)
	if #record > 3 and v[STATUS] == "online" and v[HEALTHY] == "1" and active < most
		and v[ROLE] ~= "replica" then
		local list = beats.scores[v[CLASS]]
		if not list then
			list = {}
			beats.scores[v[CLASS]] = list
		end
		list[#list + 1] = score
		list[#list + 1] = id
	end
	return node_row.of(id, v, beats.leader, v[HEALTHY] == "1", score) .. beats.tail
end

-- Writes what the heartbeats have in common.
function figures.flush(beats)
	local call, sums, kept = redis.call, beats.sums, beats.settings.kept
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
