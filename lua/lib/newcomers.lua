-- What is left for requests that come while others wait. A place for which an older agent waits is that
-- agent's, although it gets it only by a later call; a newcomer gets what nobody else needs.
-- t.contended has by name the open classes for which somebody waits, until each is judged; t.rivals by name
-- how many wait for those that are judged, t.spare how many places newcomers may still get there, and
-- t.judged how many have been judged.

local keys = require("lib.keys")
local classes = require("lib.classes")
local liveness = require("lib.liveness")
local totals = require("lib.totals")

local newcomers = {}

local JUDGED_MAX = 16 -- classes that a call looks into; in others newcomers get nothing
local LOOK_MAX = 20 -- groups and nodes of a class that it looks at

-- The open classes for which somebody waits. While a class is being compared with the groups, that may be
-- all who wait.
-- rare: agents wait
local function contended(t)
	local open, names, is = classes.list_open(t), { keys.unmatched }, {}
	for i = 1, #open do
		names[i + 1] = keys.class_waiting .. open[i].name
	end
	if redis.call("EXISTS", unpack(names)) > 0 then
		for i = 1, #open do
			local name = open[i].name
			is[name] = redis.call("EXISTS", names[i + 1]) == 1
				or redis.call("ZSCORE", keys.unmatched, name) and true or nil
		end
	end
	return is
end

-- How many wait for the class, or more.
-- rare: agents wait
local function count_rivals(t, name)
	local all, number = totals.get(t, "pending"), 0
	local groups = redis.call("ZRANGE", keys.class_waiting .. name, 0, LOOK_MAX - 1)
	if #groups == LOOK_MAX or redis.call("ZSCORE", keys.unmatched, name) then
		return all
	end
	for i = 1, #groups do
		number = number + redis.call("ZCARD", keys.pending_group .. groups[i])
	end
	return math.min(number, all)
end

-- How many free places the class has, or fewer; counted until there are enough.
-- rare: agents wait
local function places(t, name, enough)
	local index, free = keys.placement .. t.strategy .. ":" .. name, 0
	local ids = redis.call("ZRANGE", index, 0, LOOK_MAX - 1)
	for i = 1, #ids do
		local v = redis.call("HMGET", keys.node .. ids[i], "max_agents", "active_agents")
		free = free + (liveness.is_alive(t, ids[i]) and v[1] - v[2] or 0)
		if free >= enough then
			return free
		end
	end
	-- Each of the others has one at least.
	return free + redis.call("ZCARD", index) - #ids
end

-- Closes the classes to newcomers that have no places left for them.
-- rare: agents wait
local function close(t)
	local open, left = t.open, {}
	for i = 1, #open do
		if (t.spare[open[i].name] or 1) > 0 then
			left[#left + 1] = open[i]
		end
	end
	classes.look_through(t, left)
	t.groups, t.group = {}, nil
end

-- Returns true where newcomers get nothing because others wait. (Where no node lives, nobody does.)
-- rare: agents wait
local function look_into(t, name)
	t.judged, t.contended[name] = t.judged + 1, nil
	local number, spare = totals.get(t, "pending"), 0
	if t.judged <= JUDGED_MAX and t.complete[t.strategy] then
		number = count_rivals(t, name)
		local free = places(t, name, number + t.expected)
		if free == 0 then
			return false
		end
		spare = free - number
	end
	t.rivals[name], t.spare[name] = number, spare
	return spare <= 0
end

-- Judges the classes that a newcomer who wants these services (a list) could go to.
-- rare: agents wait
function newcomers.judge(t, services)
	if not t.contended then
		t.contended, t.rivals, t.spare, t.judged = contended(t), {}, {}, 0
	end
	if not next(t.contended) then
		return
	end
	local open, closes = classes.list_open(t), false
	for i = 1, #open do
		local class = open[i]
		if t.contended[class.name] and classes.offers(class, services) then
			closes = look_into(t, class.name) or closes
		end
	end
	if closes then
		close(t)
	end
end

-- Notes that a newcomer has got a place on the node.
-- rare: agents wait
function newcomers.took(t, node)
	local spare = t.spare[node.class]
	if spare then
		t.spare[node.class] = spare - 1
		if spare == 1 then
			close(t)
		end
	end
end

-- How many wait for what a newcomer who wants these services (a list) would have got.
-- rare: agents wait
function newcomers.rivals(t, services)
	local most, queued = 0, t.queued or {}
	for name, number in pairs(t.rivals) do
		local class = classes.get(t, name)
		if classes.offers(class, services) then
			for i = 1, #queued do
				number = number + (queued[i].requires == "" and classes.offers(class, queued[i].services) and 1 or 0)
			end
			most = math.max(most, math.min(number, totals.get(t, "pending")))
		end
	end
	return most
end

return newcomers
