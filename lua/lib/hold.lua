-- The hold: while so many nodes are missed at once that the fault is more likely between them and
-- Redis than in each of them, none is declared dead and nothing is moved.
-- It counts nodes that lapsed within one window: the suspects, and those declared offline during
-- the last window, against all that are not offline. What an operator has cleared counts no more.

local keys = require("lib.keys")
local events = require("lib.events")
local text = require("lib.text")
local totals = require("lib.totals")

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

-- Enters the hold. Returns the event's id.
function hold.enter(h, why, now)
	h.on, h.why, h.since = true, why, now
	redis.call("HSET", keys.hold, "state", "on", "why", why, "since", text.int(now))
	return events.emit("hold.entered", "why", why)
end

-- Leaves it. clear: what has lapsed by now counts no more. Returns the event's id.
function hold.leave(h, why, clear, now)
	h.on = false
	redis.call("HSET", keys.hold, "state", "off", "why", "", "since", text.int(now))
	if clear then
		hold.clear(h, now)
	end
	return events.emit("hold.left", "why", why)
end

-- Has what lapsed by now count no more, and be declared offline as soon as its grace has ended.
function hold.clear(h, now)
	h.cleared_at, h.lost, h.rest_until = now, 0, 0
	redis.call("HSET", keys.hold, "cleared_at", text.int(now), "lost", 0, "rest_until", 0)
end

-- Has what lapsed by now be taken for dead without further grace.
function hold.confirm(h, now)
	h.confirmed_at = now
	redis.call("HSET", keys.hold, "confirmed_at", text.int(now))
end

-- Has nobody be declared offline before then, but for those whom an operator has given up.
function hold.rest(h, time)
	if time > h.rest_until then
		h.rest_until = time
		redis.call("HSET", keys.hold, "rest_until", text.int(time))
	end
end

-- The end of the heartbeats whose nodes are to be declared offline now.
function hold.overdue_by(h, grace_ms, now)
	if h.on then
		return nil
	end
	return math.max(h.confirmed_at, now >= h.rest_until and now - grace_ms or 0)
end

-- Makes good that the times were written by a clock which has gone back since.
function hold.settle(h, now)
	local latest = { since = now, cleared_at = now, confirmed_at = 0, rest_until = now, lost_since = 0 }
	for name, time in pairs(latest) do
		if h[name] > now then
			h[name] = time
			redis.call("HSET", keys.hold, name, text.int(time))
		end
	end
end

-- Notes that `number` nodes that counted were declared offline.
function hold.note_lost(h, number, window_ms, now)
	if number == 0 then
		return
	end
	if now - h.lost_since > window_ms then
		h.lost, h.lost_since = 0, now
	end
	h.lost = h.lost + number
	redis.call("HSET", keys.hold, "lost", h.lost, "lost_since", text.int(h.lost_since))
end

-- True where so many nodes are missed as make a hold.
local function is_mass(h, window_ms, now)
	local cleared = text.int(h.cleared_at)
	local lapsed = redis.call("ZCOUNT", keys.suspects, "(" .. cleared, "+inf")
		+ redis.call("ZCOUNT", keys.deadlines, "(" .. cleared, text.int(now))
	if lapsed == 0 then
		return false
	end
	local lost = now - h.lost_since <= window_ms and h.lost or 0
	local members = totals.get("nodes_online") + totals.get("nodes_draining") + lost
		- redis.call("ZCOUNT", keys.suspects, "-inf", cleared)
	return lapsed + lost >= math.max(LEAST, SHARE * members)
end

-- Enters or leaves the hold as the nodes are. The caller has fetched the totals nodes_online and
-- nodes_draining. An operator's hold is left by an operator alone.
function hold.judge(h, grace_ms, window_ms, hold_max_ms, now)
	local mass = is_mass(h, window_ms, now)
	if not h.on and mass then
		hold.enter(h, "mass_lapse", now)
	elseif h.on and h.why == "mass_lapse" and not mass then
		hold.leave(h, "recovered", false, now)
		-- Those that are still missing had no chance while everybody was.
		hold.rest(h, now + grace_ms)
	elseif h.on and h.why == "mass_lapse" and now - h.since > hold_max_ms then
		hold.leave(h, "hold_max", true, now)
	end
end

return hold
