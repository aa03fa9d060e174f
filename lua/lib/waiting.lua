-- Which groups of waiting agents (lib/pending.lua) wait for which class of nodes. A group is compared with
-- the classes when it comes, and a class with the groups when it comes. So a group that no class offers
-- costs nothing afterwards, however many of them there are.
-- Invariant: `class_waiting` of a class has each group that wants no more than the class offers, under the
-- number by which it is in `pending_groups`. A class in `unmatched` may lack groups above its number there.
-- In a class that is open, the oldest group finds a node: where it does not, no other group does.
-- t.matches has by services the names of the classes that offer them, t.match_us about how long it takes to
-- write down what has changed for these, t.class_offers what each class in t.class_names offers.
--
-- Waiting agents are taken from a *line*, the oldest first:
--   heap     groups of open classes, by number, as { id, score, … }: id is their services, score their
--            number; agent_id is the oldest agent, once it is looked for
--   open     these classes, as { class, last }: groups above the number `last` have not been looked at
--   last     the lowest of these numbers: the line is exact up to there

local keys = require("lib.keys")
local classes = require("lib.classes")
local heap = require("lib.heap")
local selective = require("lib.selective")

local waiting = {}

local MATCH_MAX = 200 -- groups compared with a class at once
local LOOK_MAX = 512 -- groups of all classes together that a call looks at
-- What a call may take for the classes of the groups that it changes, in microseconds, and about what it
-- takes to compare a group with a class, and to write it down there.
local MATCH_US, COMPARE_US, WRITE_US = 1000, 0.3, 2
local REPLICA = 114 -- the first letter of a class of replicas

-- The groups that wait for what the class offers, with numbers in this range, as ZRANGE WITHSCORES gives
-- them; and the number up to which that is so, nil where these are all.
-- rare: a class has got its first node while agents wait
local function match(class, from)
	local found = {}
	if string.match(class.name, "^replica/") then
		return found, nil
	end
	local groups = redis.call("ZRANGEBYSCORE", keys.pending_groups, from, "+inf", "WITHSCORES", "LIMIT", 0,
		MATCH_MAX)
	for i = 1, #groups, 2 do
		if classes.offers(class, groups[i]) then
			found[#found + 1] = groups[i]
			found[#found + 1] = groups[i + 1]
		end
	end
	return found, groups[2 * MATCH_MAX]
end

-- Writes what `match` has found.
-- rare: a class has got its first node while agents wait
local function write_match(name, found, last)
	local args = {}
	for i = 1, #found, 2 do
		args[i], args[i + 1] = found[i + 1], found[i]
	end
	if args[1] then
		redis.call("ZADD", keys.class_waiting .. name, unpack(args))
	end
	if last then
		redis.call("ZADD", keys.unmatched, last, name)
	else
		redis.call("ZREM", keys.unmatched, name)
	end
end

-- Compares the classes that have come (t.came, their names) with the groups. Part of tx.commit, after
-- pending.write and classes.write.
-- rare: a class has got its first node
function waiting.write_came(t)
	if redis.call("EXISTS", keys.pending_groups) == 1 then
		for i = 1, #t.came do
			write_match(t.came[i], match(classes.get(t, t.came[i]), "-inf"))
		end
	end
end

-- Compares a class with further groups, where there is one that is not matched. Returns by name up to which
-- number classes are matched.
-- rare: agents wait
local function match_further(t)
	local found = redis.call("ZRANGE", keys.unmatched, 0, -1, "WITHSCORES")
	local up_to = {}
	for i = 1, #found, 2 do
		up_to[found[i]] = tonumber(found[i + 1])
	end
	local name, last = found[1], found[2]
	if name then
		found, last = match(classes.get(t, name), "(" .. last)
		write_match(name, found, last)
		up_to[name] = tonumber(last or nil)
	end
	return up_to
end

-- The names of the classes that offer these services (a list).
-- rare: agents wait
local function matches(t, services)
	local names, offers, wanted, is = classes.names(t), t.class_offers, {}, {}
	if not offers then
		offers = {}
		for i = 1, #names do
			offers[i] = string.gsub(names[i], "^%l+/(.*)$", ",%1,")
		end
		t.class_offers = offers
	end
	for service in string.gmatch(services, "[^,]+") do
		wanted[#wanted + 1] = "," .. service .. ","
	end
	for i = 1, #names do
		local all = true
		for k = 1, #wanted do
			all = all and string.find(offers[i], wanted[k], 1, true)
		end
		if all and string.byte(names[i]) ~= REPLICA then
			is[#is + 1] = names[i]
		end
	end
	return is
end

-- Notes that the call changes the number of the group that wants these services, in ascending order.
-- rare: agents wait
function waiting.expect(t, services)
	t.matches = t.matches or {}
	if not t.matches[services] then
		local is = matches(t, services)
		t.matches[services] = is
		t.match_us = (t.match_us or 0) + COMPARE_US * #classes.names(t) + WRITE_US * #is
	end
end

-- True where the call should change no further group. To be asked where t.match_us is not nil.
-- rare: agents wait
function waiting.is_enough(t)
	return t.match_us > MATCH_US
end

-- Writes under which number a group waits for its classes; nil where there is no such group any more. Part of
-- pending.write.
-- rare: agents wait
function waiting.write(t, services, number)
	waiting.expect(t, services)
	local names = t.matches[services]
	for i = 1, #names do
		if number then
			redis.call("ZADD", keys.class_waiting .. names[i], number, services)
		else
			redis.call("ZREM", keys.class_waiting .. names[i], services)
		end
	end
end

-- True where this call makes the first node of the class, so that it is not matched yet.
-- rare: agents wait
local function has_come(class)
	return class.counts and class.counts.nodes > 0
		and redis.call("SISMEMBER", keys.classes, class.name) == 0
end

-- Adds the oldest groups of a class to the line. last: the number up to which these are all, or math.huge.
-- rare: agents wait
local function join(line, seen, class, found, last)
	if not found[1] and last == math.huge then
		return
	end
	line.open[#line.open + 1] = { class = class, last = last }
	line.last = math.min(line.last, last)
	for i = 1, #found, 2 do
		if not seen[found[i]] then
			seen[found[i]] = true
			heap.push(line.heap, { id = found[i], score = tonumber(found[i + 1]), at = -1, members = nil,
				agent_id = nil })
		end
	end
end

-- The line of those who wait for open classes. most: how many agents will be taken from it at most.
-- rare: agents wait
function waiting.line(t, most)
	local line = { heap = {}, open = {}, last = math.huge, most = most, gone = {}, placed = 0, again = false }
	local open, names, number, seen, up_to = classes.list_open(t), {}, 0, {}, match_further(t)
	for i = 1, #open do
		names[i] = keys.class_waiting .. open[i].name
	end
	if names[1] then
		number = redis.call("EXISTS", unpack(names))
	end
	local size = math.max(2, math.min(most, math.floor(LOOK_MAX / math.max(1, number))))
	for i = 1, #open do
		local found, last = {}, nil
		if has_come(open[i]) then
			found, last = match(open[i], "-inf")
		elseif number > 0 then
			found = redis.call("ZRANGE", names[i], 0, size - 1, "WITHSCORES")
			last = found[2 * size]
		end
		join(line, seen, open[i], found, math.min(tonumber(last or math.huge), up_to[open[i].name] or math.huge))
	end
	for name, number_of_it in pairs(selective.ready(t)) do
		heap.push(line.heap, { id = name, score = tonumber(number_of_it), at = -1, members = nil, agent_id = nil })
	end
	local dequeued = t.dequeued or {}
	for i = 1, #dequeued do
		line.gone[dequeued[i].id] = true
		line.most = most + i
	end
	return line
end

-- Goes on to the group's next agent.
-- rare: agents wait
function waiting.advance(line, group)
	local members = group.members
		or redis.call("ZRANGE", keys.pending_group .. group.id, 0, line.most - 1, "WITHSCORES")
	local at = group.at
	repeat
		at = at + 2
	until not line.gone[members[at] or ""]
	group.members, group.at, group.agent_id = members, at, members[at]
	if members[at] then
		group.score = tonumber(members[at + 1])
		heap.push(line.heap, group)
	end
end

-- True where a class is left that offers what the group wants.
-- rare: agents wait
local function has_place(line, services)
	if selective.split(services) then
		return true
	end
	for i = 1, #line.open do
		if classes.offers(line.open[i].class, services) then
			return true
		end
	end
	return false
end

-- Takes the oldest group out of the line that has an agent and a class; nil for none. The caller either
-- places the agent and calls waiting.advance, or calls waiting.close.
-- rare: agents wait
function waiting.take(line)
	local group = line.heap[1]
	while group and group.score <= line.last do
		heap.pop(line.heap)
		if not group.members then
			waiting.advance(line, group)
		elseif has_place(line, group.id) then
			return group
		end
		group = line.heap[1]
	end
	return nil
end

-- Notes that no class can take an agent that wants these services.
-- rare: agents wait
function waiting.close(line, services)
	if selective.split(services) then
		return
	end
	local open = line.open
	line.open, line.last = {}, math.huge
	for i = 1, #open do
		if not classes.offers(open[i].class, services) then
			line.open[#line.open + 1] = open[i]
			line.last = math.min(line.last, open[i].last)
		end
	end
end

-- True where agents may be left that a node can take.
-- rare: agents wait
function waiting.is_left(line)
	return line.heap[1] ~= nil or line.last < math.huge
end

return waiting
