-- The list of all agents, in order of their ids, kept in pages: Redis stores such a small one as a
-- listpack, where an agent takes a tenth of the room that it would in one large sorted set.
-- Invariant: a page holds the ids from its name on, up to the name of the next one; `roster` has the
-- names of the pages that there are, no page is empty, and without pages there is no `roster`.

local keys = require("lib.keys")
local text = require("lib.text")

local roster = {}

local FULL = 32 -- ids: Redis looks through a page from its start
local FIRST = "0" -- names the first page: no id goes before it
-- Stands behind all pages and names none. So long a member has Redis keep their names as a skip list,
-- where one is found at once, and not as a listpack, which it would look through.
local END = "~ is no page: its length has Redis find the right one without looking through all"

local added = {} -- ids that flush writes

-- The name of the page that an id belongs into; nil where there is none yet.
function roster.page_of(id)
	return redis.call("ZREVRANGEBYLEX", keys.roster, "[" .. id, "-", "LIMIT", "0", "1")[1]
end

-- Has the last ids of a page that has `size` of them become pages of their own, until it is not full.
local function split(page, size)
	local key = keys.roster_page .. page
	while size >= FULL do
		size = size - FULL / 2
		local name = redis.call("ZRANGE", key, size, size)[1]
		redis.call("ZRANGESTORE", keys.roster_page .. name, key, size, "-1")
		redis.call("ZREMRANGEBYRANK", key, size, "-1")
		redis.call("ZADD", keys.roster, "0", name)
	end
end

-- Adds a new agent. The caller calls roster.flush.
function roster.add(id)
	added[#added + 1] = id
end

-- The page that an id belongs into, of which there is one from now on.
local function page_for(id)
	local page = roster.page_of(id)
	if not page then
		page = FIRST
		redis.call("ZADD", keys.roster, "0", page, "0", END)
	end
	return page
end

-- Adds members ("0", id, …) to a page.
local function insert(page, members)
	local key = keys.roster_page .. page
	redis.call("ZADD", key, unpack(members))
	local size = redis.call("ZCARD", key)
	if size >= FULL then
		split(page, size)
	end
end

local plan, later -- by page: what is to be added to it; and ids for which there is no room yet

-- Redis looks through a page, and one of too many would not be a listpack any more.
local function note(page, id)
	local members = plan[page]
	if not members then
		members = {}
		plan[page] = members
	end
	if #members < 2 * FULL then
		members[#members + 1] = "0"
		members[#members + 1] = id
	else
		later[#later + 1] = id
	end
end

-- Notes the ids between two of an ascending list that belong into these pages, without asking for
-- each of them.
local function note_between(ids, from, to, first, last)
	if first == last then
		for i = from + 1, to - 1 do
			note(first, ids[i])
		end
	elseif to - from > 1 then
		local middle = math.floor((from + to) / 2)
		local page = page_for(ids[middle])
		note_between(ids, from, middle, first, page)
		note(page, ids[middle])
		note_between(ids, middle, to, page, last)
	end
end

local function is_ascending(ids)
	for i = 2, #ids do
		if not text.before(ids[i - 1], ids[i]) then
			return false
		end
	end
	return true
end

-- Writes what has been added.
function roster.flush()
	local ids = added
	added = {}
	if #ids == 1 then
		insert(page_for(ids[1]), { "0", ids[1] })
		return
	end
	while ids[1] do
		plan, later = {}, {}
		if ids[2] and is_ascending(ids) then
			local first, last = page_for(ids[1]), page_for(ids[#ids])
			note(first, ids[1])
			note_between(ids, 1, #ids, first, last)
			note(last, ids[#ids])
		else
			for i = 1, #ids do
				note(page_for(ids[i]), ids[i])
			end
		end
		for page, members in pairs(plan) do
			insert(page, members)
		end
		ids = later
	end
end

-- Takes an agent out.
function roster.remove(id)
	local page = roster.page_of(id)
	local key = page and keys.roster_page .. page
	if page and redis.call("ZREM", key, id) == 1 and redis.call("EXISTS", key) == 0 then
		redis.call("ZREM", keys.roster, page)
		if redis.call("ZCARD", keys.roster) == 1 then
			redis.call("ZREM", keys.roster, END)
		end
	end
end

-- The ids behind `after` ("" for all), at most `most`, and true where there are more.
function roster.walk(after, most)
	local ids = {}
	local page = after ~= "" and roster.page_of(after)
	local pages = redis.call("ZRANGEBYLEX", keys.roster, page and "[" .. page or "-", "(" .. END,
		"LIMIT", "0", most + 2)
	for i = 1, #pages do
		local found = redis.call("ZRANGEBYLEX", keys.roster_page .. pages[i],
			after ~= "" and "(" .. after or "-", "+", "LIMIT", "0", most + 1 - #ids)
		for k = 1, #found do
			ids[#ids + 1] = found[k]
		end
		if #ids > most then
			ids[#ids] = nil
			return ids, true
		end
	end
	return ids, false
end

return roster
