-- The hold: if many nodes go missing at once, the cause is more likely the network than the nodes. During a
-- hold, no node is declared offline and no agent of an offline node is moved. To decide, the missing nodes
-- are compared with all nodes that are not offline. Missing are the suspect nodes and those that were
-- declared offline within the last window. Nodes that an operator has cleared no longer count.
-- A hold that ends and begins again soon after is the same hold, so that nodes which come and go do not keep
-- those that are dead for longer than one hold may last.

local keys = require("lib.keys")
local events = require("lib.events")
local text = require("lib.text")
local totals = require("lib.totals")
local writes = require("lib.writes")

local hold = {}

local LEAST = 3 -- missing nodes; fewer never start a hold
local SHARE = 0.3 -- missing nodes, of those that are not offline

-- Reads the hold:
-- on, since        true during a hold; the time at which it began, or while off, the last one ended
-- began            the time at which the last hold that no operator has ended began
-- why              the cause: "mass_lapse", "operator"; "" while off
-- cleared_at       heartbeats that expired by then do not count
-- confirmed_at     heartbeats that expired by then get no grace period
-- rest_until       no node is declared offline before then
-- lost, lost_since the number of nodes declared offline in the window that began at lost_since
-- Times are in ms since 1970, 0 for never. The functions below take this table as h, and keep it up to date.
function hold.load()
	local v = redis.call("HMGET", keys.hold, "state", "why", "since", "cleared_at", "confirmed_at",
		"lost", "lost_since", "rest_until", "began")
	return {
		on = v[1] == "on",
		why = v[2] or "",
		since = tonumber(v[3] or 0),
		cleared_at = tonumber(v[4] or 0),
		confirmed_at = tonumber(v[5] or 0),
		lost = tonumber(v[6] or 0),
		lost_since = tonumber(v[7] or 0),
		rest_until = tonumber(v[8] or 0),
		began = tonumber(v[9] or 0),
	}
end

local function set(t, ...)
	writes.add(t, "HSET", keys.hold, ...)
end

-- Enters the hold, which began at the time `began`. Returns the event.
function hold.enter(t, h, why, began)
	h.on, h.why, h.since = true, why, began
	set(t, "state", "on", "why", why, "since", text.int(began))
	return events.add(t, "hold.entered", "why", why)
end

-- Leaves the hold. Returns the event.
function hold.leave(t, h, why)
	h.on, h.since = false, t.now
	set(t, "state", "off", "why", "", "since", t.at)
	return events.add(t, "hold.left", "why", why)
end

-- Heartbeats that have expired by now no longer count towards a hold.
local function clear(t, h)
	h.cleared_at, h.lost = t.now, 0
	set(t, "cleared_at", t.at, "lost", 0)
end

-- An operator has decided about the nodes whose heartbeats have expired by now: they no longer count towards
-- a hold, and are declared offline as soon as their grace period has ended.
function hold.decide(t, h)
	clear(t, h)
	h.rest_until, h.began = 0, 0
	set(t, "rest_until", 0, "began", 0)
end

-- Nodes whose heartbeat has expired by now are declared offline without a grace period.
function hold.confirm(t, h)
	h.confirmed_at = t.now
	set(t, "confirmed_at", t.at)
end

-- Until `time`, no node is declared offline, except those that an operator has confirmed as dead.
function hold.rest(t, h, time)
	if time > h.rest_until then
		h.rest_until = time
		set(t, "rest_until", text.int(time))
	end
end

-- The time such that suspect nodes whose heartbeat ended by then are to be declared offline now; nil during
-- a hold.
function hold.overdue_by(t, h, grace_ms)
	if h.on then
		return nil
	end
	return math.max(h.confirmed_at, t.now >= h.rest_until and t.now - grace_ms or 0)
end

-- Corrects times that are in the future because the clock has been set back.
function hold.settle(t, h)
	local now = t.now
	local latest = { since = now, began = now, cleared_at = now, confirmed_at = 0, rest_until = now,
		lost_since = 0 }
	for name, time in pairs(latest) do
		if h[name] > now then
			h[name] = time
			set(t, name, text.int(time))
		end
	end
end

-- Notes that `number` nodes, not counting cleared ones, were declared offline.
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

-- True if enough nodes are missing for a hold. alive: how many nodes are past their deadline although their
-- heartbeat has not expired; cleared_now: how many nodes that do not count have just become suspect.
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

-- Enters the hold, unless it would be one that has lasted for its longest time already: the last one, where
-- that has ended so lately that none of its nodes need have been declared offline since.
local function begin(t, h, grace_ms, window_ms, hold_max_ms)
	local is_same = t.now - h.since <= math.max(grace_ms, window_ms)
	local began = is_same and h.began > 0 and h.began or t.now
	if t.now - began <= hold_max_ms then
		h.began = began
		set(t, "began", text.int(began))
		hold.enter(t, h, "mass_lapse", began)
	end
end

-- Enters or leaves the hold, depending on the missing nodes. Only an operator ends an operator's hold.
-- alive, cleared_now: as for is_mass.
function hold.judge(t, h, grace_ms, window_ms, hold_max_ms, alive, cleared_now)
	local mass = is_mass(t, h, window_ms, alive, cleared_now)
	if not h.on and mass then
		begin(t, h, grace_ms, window_ms, hold_max_ms)
	elseif h.on and h.why == "mass_lapse" and not mass then
		hold.leave(t, h, "recovered")
		-- Nodes that are still missing get a grace period from now on, but no more than the hold would last.
		hold.rest(t, h, math.min(t.now + grace_ms, h.began + hold_max_ms))
	elseif h.on and h.why == "mass_lapse" and t.now - h.since > hold_max_ms then
		hold.leave(t, h, "hold_max")
		clear(t, h)
	end
end

return hold
