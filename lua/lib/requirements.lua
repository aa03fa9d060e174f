-- What a request wants for its agent beside services and strategy: its *terms*, as src/api/terms.c writes
-- them. They are words with a space between them: what is to be done with the request, a vertical bar, and
-- its *requirements*, which are a part of the agent's record.
--   queue                    it waits where no node can take it
--   ttl:MS                   it waits no longer than that
--   priority:N               0 to 100
--   dry, explain             nothing is changed; the reply has an explanation
--   |                        what follows are requirements, in this order
--   label:KEY=VALUE          the node has this label
--   zone:A,B                 the node is in one of these zones
--   node:A,B                 the node is one of these
--   not:A,B                  the node is none of these
--   resource:NAME=AMOUNT     the node has so much of it left, and the agent takes it
--   group:ID                 the agent is one of this group
--   spread:BY/MAX/SKEW/SOFT  how many of the group may be in a domain, and how many more than in the
--                            emptiest; each "" for no limit. BY is node, zone or label:KEY. SOFT: 1 for a
--                            preference
-- Requirements that were read are a table, which a call keeps in t.requirements:
--   labels     an array of "KEY=VALUE"
--   zones      an array; in_zones: the same as keys of a table; nil for any zone
--   nodes      an array; is_node: the same as keys of a table; nil for any node
--   excluded   node ids as keys of a table
--   resources  an array of { name, amount }
--   group, by, most, skew, soft   nil where they are absent

local requirements = {}

-- Takes the terms of a request into its assignment.
-- rare: a request has terms
function requirements.take(a, terms)
	local options, requires = string.match(terms, "^([^|]*)|?(.*)$")
	for word, value in string.gmatch(options, "(%l+):?(%d*)") do
		if word == "queue" then
			a.waits = true
		elseif word == "ttl" then
			a.queue_ttl_ms = value
		elseif word == "priority" then
			a.priority = value ~= "0" and value or ""
		else
			a[word] = true
		end
	end
	a.requires, a.is_special = requires, true
end

-- The items of a list with commas, as an array and as keys of a table.
-- rare: an agent has requirements
local function set_of(list)
	local items, is = {}, {}
	for item in string.gmatch(list, "[^,]+") do
		items[#items + 1], is[item] = item, true
	end
	return items, is
end

-- How one word of requirements is read.
local READ = {
	label = function(r, value)
		r.labels[#r.labels + 1] = value
	end,
	zone = function(r, value)
		r.zones, r.in_zones = set_of(value)
	end,
	node = function(r, value)
		r.nodes, r.is_node = set_of(value)
	end,
	["not"] = function(r, value)
		r.excluded_nodes, r.excluded = set_of(value)
	end,
	resource = function(r, value)
		local name, amount = string.match(value, "^([^=]+)=(%d+)$")
		r.resources[#r.resources + 1] = { name = name, amount = tonumber(amount) }
	end,
	group = function(r, value)
		r.group = value
	end,
	spread = function(r, value)
		local by, most, skew, soft = string.match(value, "^([^/]+)/(%d*)/(%d*)/(1?)$")
		r.by, r.most, r.skew, r.soft = by, tonumber(most), tonumber(skew), soft == "1"
	end,
}

-- Reads requirements.
-- rare: an agent has requirements
function requirements.read(t, text)
	t.requirements = t.requirements or {}
	local r = t.requirements[text]
	if not r then
		r = { text = text, labels = {}, zones = nil, in_zones = nil, nodes = nil, is_node = nil, excluded = {},
			excluded_nodes = {}, resources = {}, group = nil, by = nil, most = nil, skew = nil, soft = nil }
		for word, value in string.gmatch(text, "(%l+):(%S+)") do
			READ[word](r, value)
		end
		t.requirements[text] = r
	end
	return r
end

return requirements
