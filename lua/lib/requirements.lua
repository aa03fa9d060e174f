-- What a request wants for its agent beside services and strategy: its *terms*, as src/api/terms.c writes
-- them. They are words with a space between them: what is to be done with the request, a vertical bar, and
-- what a node must have, which is a part of the agent's record.
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
--   spread:BY/MAX/SKEW/SOFT  how many of the group may be in a domain, and how many more than in the emptiest;
--                            each "" for no limit. BY is node, zone or label:KEY. SOFT: 1 for a preference

local requirements = {}

-- Takes the terms of a request into its assignment.
-- rare: a request has terms
function requirements.take(a, terms)
	local options, requires = string.match(terms, "^([^|]*)|?(.*)$")
	for word, value in string.gmatch(options, "(%l+):?(%d*)") do
		if word == "queue" then
			a.waits = true
		elseif word == "ttl" then
			a.queue_ttl_ms = tonumber(value)
		elseif word == "priority" then
			a.priority = value ~= "0" and value or ""
		else
			a[word] = true
		end
	end
	a.requires = requires
end

return requirements
