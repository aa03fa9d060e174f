-- The list of all agents, in the order in which they were created. Each agent has a number, which its record
-- keeps. A page holds the agents of PAGE numbers, so the page of an agent is known without a search, and the
-- agents that a call creates are beside each other.
-- Invariant: an agent is in the page of its number. `roster` has the pages that there are; only the one that
-- the next agent belongs into may be empty.
-- t.created is the number of the last agent that this call has created, nil for none; t.enrolled has id,
-- number, id, number, … of those that it creates.

local keys = require("lib.keys")
local placed_row = require("lib.rows.placed")
local text = require("lib.text")
local totals = require("lib.totals")

local roster = {}

local PAGE = 32 -- agents: Redis searches a page from its start
local NUMBER = parts(placed_row, "number")

-- Adds a new agent. Returns its number, as text.
function roster.add(t, id)
	local created, added = (t.created or totals.get(t, "created")) + 1, t.enrolled
	local number, n = text.int(created), #added
	added[n + 1], added[n + 2] = id, number
	t.created = created
	return number
end

-- The number of an agent, as text. placed: the field of its record.
function roster.number(placed)
	return string.match(placed, NUMBER)
end

-- The key of the page of an agent. placed: the field of its record.
function roster.page(placed)
	return keys.roster_page .. math.ceil(string.match(placed, NUMBER) / PAGE)
end

-- Writes the new agents, page by page.
local function append(t)
	local added, last = t.enrolled, t.created
	local n = #added
	local number = last - n / 2 + 1
	while number <= last do
		local page = math.ceil(number / PAGE)
		local size = math.min(page * PAGE, last) - number + 1
		redis.call("HSET", keys.roster_page .. page, unpack(added, n - 2 * (last - number) - 1,
			n - 2 * (last - number - size + 1)))
		if number % PAGE == 1 then
			redis.call("ZADD", keys.roster, page, page)
		end
		number = number + size
	end
end

-- Takes those of these pages (keys) that are empty, and will stay so, off the list of pages.
-- rare: a page has lost its last agent
local function drop(t, pages)
	for i = 1, #pages do
		local page = string.match(pages[i], "%d+$")
		if redis.call("EXISTS", pages[i]) == 0 and page * PAGE <= totals.get(t, "created") then
			redis.call("ZREM", keys.roster, page)
		end
	end
end

-- rare: agents are released
local function remove(t)
	local released, pages = t.released, {}
	for i = 1, #released do
		local a = released[i]
		local page = roster.page(a.placed)
		pages[i] = page
		redis.call("HDEL", page, a.id)
	end
	if redis.call("EXISTS", unpack(pages)) < #pages then
		drop(t, pages)
	end
end

-- Writes what this call adds and removes. Part of tx.commit.
function roster.write(t)
	if t.created then
		append(t)
	end
	if t.released then
		remove(t)
	end
end

local function by_number(a, b)
	return a.number < b.number
end

-- The agents after number `after`, at most `most`: their ids, their numbers, and true where there are more.
function roster.walk(after, most)
	local ids, numbers = {}, {}
	local pages = redis.call("ZRANGEBYSCORE", keys.roster, math.ceil(after / PAGE), "+inf",
		"LIMIT", "0", most + 2)
	for i = 1, #pages do
		local found, agents = redis.call("HGETALL", keys.roster_page .. pages[i]), {}
		for k = 1, #found, 2 do
			agents[#agents + 1] = { id = found[k], number = tonumber(found[k + 1]) }
		end
		table.sort(agents, by_number)
		for k = 1, #agents do
			if agents[k].number > after then
				if #ids == most then
					return ids, numbers, true
				end
				ids[#ids + 1], numbers[#numbers + 1] = agents[k].id, agents[k].number
			end
		end
	end
	return ids, numbers, false
end

return roster
