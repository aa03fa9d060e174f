-- Why an agent is given to its node, or to none: as JSON, which only has ids and numbers in it.

local nodes = require("lib.nodes")

local explanation = {}

-- A node's score and its parts, as the members of a JSON object.
-- rare: all nodes are looked at
function explanation.shown(t, kind, node)
	nodes.need(node, kind.needs)
	local score = string.format("%.10g", kind.score(node, t) * (kind.unit or 1))
	local parts = kind.explain and kind.explain(node, t) or '"agents":' .. node.active_agents
	return '"score":' .. score .. ',"parts":{' .. parts .. "}"
end

-- The numbers of nodes by reason, as "full=12 label=3".
-- rare: all nodes are looked at
function explanation.reasons(out)
	local reasons = {}
	for reason, number in pairs(out) do
		if number > 0 then
			reasons[#reasons + 1] = reason .. "=" .. number
		end
	end
	table.sort(reasons)
	return table.concat(reasons, " ")
end

-- The explanation. eligible: how many nodes could take the agent; out: by reason, how many could not; best:
-- the best ones in order, with `id` and `shown`, of which it has `most`.
-- rare: a request asks for it
function explanation.text(strategy, eligible, out, best, most)
	local filtered, top = {}, {}
	for reason, number in pairs(out) do
		if number > 0 then
			filtered[#filtered + 1] = '"' .. reason .. '":' .. number
		end
	end
	table.sort(filtered)
	for i = 1, math.min(#best, most) do
		top[i] = '{"node_id":"' .. best[i].id .. '",' .. best[i].shown .. "}"
	end
	return '{"strategy":"' .. strategy .. '","eligible":' .. eligible
		.. ',"filtered":{' .. table.concat(filtered, ",") .. '},"top":[' .. table.concat(top, ",") .. "]}"
end

return explanation
