-- The list of all agents, in order of their ids, in pages. Redis stores a page as a listpack, where an agent
-- takes a tenth of the room that it would in one large sorted set.
-- Invariant: a page holds the ids from its name on, up to the name of the next one; `roster` has the names
-- of the pages; no page is empty, and without pages there is no `roster`.
-- t.roster_added and t.roster_removed have the ids that this call adds and removes.

local keys = require("lib.keys")
local text = require("lib.text")

local roster = {}

local FULL = 32 -- ids: Redis searches a page from its start
local FIRST = "0" -- names the first page: no id goes before it
-- A member after all pages that names none. A member of more than 64 bytes makes Redis keep the names in a
-- skip list, where one is found at once, and not in a listpack.
local END = "~ is no page: its length has Redis find the right one without looking through all"

-- The name of the page that an id belongs into; nil where there are no pages.
function roster.page_of(id)
	return redis.call("ZREVRANGEBYLEX", keys.roster, "[" .. id, "-", "LIMIT", "0", "1")[1]
end

-- The name of the page that an id belongs into, which is made where there are none.
local function page_for(id)
	local page = roster.page_of(id)
	if not page then
		page = FIRST
		redis.call("ZADD", keys.roster, "0", page, "0", END)
	end
	return page
end

-- Splits a page of `size` ids until it is not full: its last ones become pages of their own.
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

-- Adds members ("0", id, …) to a page.
local function insert(page, members)
	local key = keys.roster_page .. page
	redis.call("ZADD", key, unpack(members))
	local size = redis.call("ZCARD", key)
	if size >= FULL then
		split(page, size)
	end
end

-- Adds an id to what a page gets, or to `later` where that is enough: a page of too many is no listpack.
local function add_to(plan, page, id, later)
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

-- Plans the ids between two of an ascending list that belong into these pages, without asking for each.
local function plan_between(plan, later, ids, from, to, first, last)
	if first == last then
		for i = from + 1, to - 1 do
			add_to(plan, first, ids[i], later)
		end
	elseif to - from > 1 then
		local middle = math.floor((from + to) / 2)
		local page = page_for(ids[middle])
		plan_between(plan, later, ids, from, middle, first, page)
		add_to(plan, page, ids[middle], later)
		plan_between(plan, later, ids, middle, to, page, last)
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

local function add_all(ids)
	while ids[2] do
		local plan, later = {}, {}
		if is_ascending(ids) then
			local first, last = page_for(ids[1]), page_for(ids[#ids])
			add_to(plan, first, ids[1], later)
			plan_between(plan, later, ids, 1, #ids, first, last)
			add_to(plan, last, ids[#ids], later)
		else
			for i = 1, #ids do
				add_to(plan, page_for(ids[i]), ids[i], later)
			end
		end
		for page, members in pairs(plan) do
			insert(page, members)
		end
		ids = later
	end
	if ids[1] then
		insert(page_for(ids[1]), { "0", ids[1] })
	end
end

local function remove(id)
	local page = roster.page_of(id)
	local key = page and keys.roster_page .. page
	if page and redis.call("ZREM", key, id) == 1 and redis.call("EXISTS", key) == 0 then
		redis.call("ZREM", keys.roster, page)
		if redis.call("ZCARD", keys.roster) == 1 then
			redis.call("ZREM", keys.roster, END)
		end
	end
end

-- Writes what this call adds and removes. Part of tx.commit.
function roster.write(t)
	for i = 1, #t.roster_removed do
		remove(t.roster_removed[i])
	end
	if t.roster_added[1] then
		add_all(t.roster_added)
	end
end

-- The ids after `after` ("" for all), at most `most`, and true where there are more.
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
