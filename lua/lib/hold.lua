-- The hold: while so many nodes are missed at once that the fault is more likely between them and
-- Redis than in each of them, none is declared dead and nothing is moved.
-- It counts nodes that lapsed within one window: the suspects, and those declared offline during
-- the last window, against all that are not offline. What an operator has cleared counts no more.

local keys = require("lib.keys")
local events = require("lib.events")
local text = require("lib.text")
local totals = require("lib.totals")
local writes = require("lib.writes")

local hold = {}

local LEAST = 3 -- nodes: fewer never make a hold
local SHARE = 0.3 -- of the nodes that are not offline

-- The hold as it stands: on, why ("mass_lapse", "operator"), since (ms), cleared_at: lapses up to
-- then do not count; confirmed_at: lapses up to then need no grace; rest_until: nobody is declared
-- offline before then; lost, lost_since: nodes declared offline in the window that began then.
function hold.load()
	local v = redis.call("HMGET", keys.hold, "state", "why", "since", "cleared_at", "confirmed_at",
		"lost", "lost_since", "rest_until")
	return {
		on = v[1] == "on",
		why = v[2] or "",
		since = tonumber(v[3] or 0),
		cleared_at = tonumber(v[4] or 0),
		confirmed_at = tonumber(v[5] or 0),
		lost = tonumber(v[6] or 0),
		lost_since = tonumber(v[7] or 0),
		rest_until = tonumber(v[8] or 0),
	}
end

local function set(t, ...)
	writes.add(t, "HSET", keys.hold, ...)
end

-- Enters the hold. Returns the event.
function hold.enter(t, h, why)
	h.on, h.why, h.since = true, why, t.now
	set(t, "state", "on", "why", why, "since", t.at)
	return events.add(t, "hold.entered", "why", why)
end

-- Leaves it. clear: what has lapsed by now no longer counts. Returns the event.
function hold.leave(t, h, why, clear)
	h.on = false
	set(t, "state", "off", "why", "", "since", t.at)
	if clear then
		hold.clear(t, h)
	end
	return events.add(t, "hold.left", "why", why)
end

-- What has lapsed by now no longer counts, and is declared offline as soon as its grace has ended.
function hold.clear(t, h)
	h.cleared_at, h.lost, h.rest_until = t.now, 0, 0
	set(t, "cleared_at", t.at, "lost", 0, "rest_until", 0)
end

-- What has lapsed by now is dead, without further grace.
function hold.confirm(t, h)
	h.confirmed_at = t.now
	set(t, "confirmed_at", t.at)
end

-- Nobody is declared offline before that time, except those whom an operator has given up.
function hold.rest(t, h, time)
	if time > h.rest_until then
		h.rest_until = time
		set(t, "rest_until", text.int(time))
	end
end

-- The end of the heartbeats whose nodes are to be declared offline now.
function hold.overdue_by(t, h, grace_ms)
	if h.on then
		return nil
	end
	return math.max(h.confirmed_at, t.now >= h.rest_until and t.now - grace_ms or 0)
end

-- Corrects times that are in the future, as the clock has been set back since they were written.
function hold.settle(t, h)
	local now = t.now
	local latest = { since = now, cleared_at = now, confirmed_at = 0, rest_until = now, lost_since = 0 }
	for name, time in pairs(latest) do
		if h[name] > now then
			h[name] = time
			set(t, name, text.int(time))
		end
	end
end

-- Notes that `number` nodes that counted were declared offline.
function hold.note_lost(t, h, number, window_ms)
	if number == 0 then
		return
	end
	if t.now - h.lost_since > window_ms then
		h.lost, h.lost_since = 0, t.now
	end
	h.lost = h.lost + number
	set(t, "lost", h.lost, "lost_since", text.int(h.lost_since))
end

-- True where so many nodes are missed as make a hold. alive: nodes that are due by their deadline and live
-- all the same; cleared_now: those that have just become suspect and count no longer.
local function is_mass(t, h, window_ms, alive, cleared_now)
	local cleared = text.int(h.cleared_at)
	local lapsed = redis.call("ZCOUNT", keys.suspects, "(" .. cleared, "+inf")
		+ redis.call("ZCOUNT", keys.deadlines, "(" .. cleared, t.at) - alive
	if lapsed <= 0 then
		return false
	end
	local lost = t.now - h.lost_since <= window_ms and h.lost or 0
	local members = totals.get(t, "nodes_online") + totals.get(t, "nodes_draining") + lost
		- redis.call("ZCOUNT", keys.suspects, "-inf", cleared) - cleared_now
	return lapsed + lost >= math.max(LEAST, SHARE * members)
end

-- Enters or leaves the hold as the nodes are. An operator's hold is left by an operator alone.
-- alive, cleared_now: as is_mass has them.
function hold.judge(t, h, grace_ms, window_ms, hold_max_ms, alive, cleared_now)
	local mass = is_mass(t, h, window_ms, alive, cleared_now)
	if not h.on and mass then
		hold.enter(t, h, "mass_lapse")
	elseif h.on and h.why == "mass_lapse" and not mass then
		hold.leave(t, h, "recovered", false)
		-- Those that are still missing had no chance while everybody was.
		hold.rest(t, h, t.now + grace_ms)
	elseif h.on and h.why == "mass_lapse" and t.now - h.since > hold_max_ms then
		hold.leave(t, h, "hold_max", true)
	end
end

return hold
