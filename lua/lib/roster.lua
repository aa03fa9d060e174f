-- The list of all agents, in order of their ids, kept in pages: Redis stores such a small one as a
-- listpack, where an agent takes a tenth of the room that it would in one large sorted set.
-- Invariant: a page holds the ids from its name on, up to the name of the next one; `roster` has the
-- names of the pages that there are, and no page is empty.

local keys = require("lib.keys")
local text = require("lib.text")

local roster = {}

local FULL = 32 -- ids: Redis looks through a page from its start
local FIRST = "0" -- names the first page: no id goes before it

local added = {} -- ids that flush writes

-- The name of the page that an id belongs into; nil where there is none yet.
function roster.page_of(id)
	return redis.call("ZREVRANGEBYLEX", keys.roster, "[" .. id, "-", "LIMIT", "0", "1")[1]
end

-- Has the upper half of a page become one of its own.
local function split(page)
	local key = keys.roster_page .. page
	local name = redis.call("ZRANGE", key, FULL / 2, FULL / 2)[1]
	redis.call("ZRANGESTORE", keys.roster_page .. name, key, FULL / 2, "-1")
	redis.call("ZREMRANGEBYRANK", key, FULL / 2, "-1")
	redis.call("ZADD", keys.roster, "0", name)
end

-- Adds one id to its page, at once.
function roster.insert(page, id)
	local key = keys.roster_page .. page
	redis.call("ZADD", key, "0", id)
	if redis.call("ZCARD", key) >= FULL then
		split(page)
	end
end

-- Adds a new agent. The caller calls roster.flush.
function roster.add(id)
	added[#added + 1] = id
end

-- Adds ids from `from` on that belong into the same page, as many as fit. Returns the next one's
-- place in the list.
local function fill(ids, from)
	local page = roster.page_of(ids[from])
	if not page then
		page = FIRST
		redis.call("ZADD", keys.roster, "0", FIRST)
	end
	if #ids == 1 then
		roster.insert(page, ids[1])
		return 2
	end
	local key = keys.roster_page .. page
	local behind = redis.call("ZRANGEBYLEX", keys.roster, "(" .. page, "+", "LIMIT", "0", "1")[1]
	local size = redis.call("ZCARD", key)
	local list, at = {}, from
	while ids[at] and size < FULL and not (behind and not text.before(ids[at], behind)) do
		list[#list + 1] = "0"
		list[#list + 1] = ids[at]
		size, at = size + 1, at + 1
	end
	redis.call("ZADD", key, unpack(list))
	if size >= FULL then
		split(page)
	end
	return at
end

-- Writes what has been added.
function roster.flush()
	for i = 2, #added do
		if text.before(added[i], added[i - 1]) then
			table.sort(added, text.before)
			break
		end
	end
	local at = 1
	while added[at] do
		at = fill(added, at)
	end
	added = {}
end

-- Takes an agent out.
function roster.remove(id)
	local page = roster.page_of(id)
	local key = page and keys.roster_page .. page
	if page and redis.call("ZREM", key, id) == 1 and redis.call("EXISTS", key) == 0 then
		redis.call("ZREM", keys.roster, page)
	end
end

-- The ids behind `after` ("" for all), at most `most`, and true where there are more.
function roster.walk(after, most)
	local ids = {}
	local page = after ~= "" and roster.page_of(after)
	local pages = redis.call("ZRANGEBYLEX", keys.roster, page and "[" .. page or "-", "+", "LIMIT", "0",
		most + 2)
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
