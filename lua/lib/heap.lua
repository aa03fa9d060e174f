-- A binary heap of items { score, id, … }: the lowest score first, equal scores by id. Calls no Redis.

local text = require("lib.text")

local heap = {}

-- True if the id a goes before b.
-- rare: equal scores
function heap.id_before(a, b)
	return text.before(a, b)
end

local function before(a, b)
	return a.score < b.score or a.score == b.score and heap.id_before(a.id, b.id)
end

-- Adds an item.
-- rare: a node is chosen again
function heap.push(h, item)
	local i = #h + 1
	while i > 1 do
		local parent = math.floor(i / 2)
		if not before(item, h[parent]) then
			break
		end
		h[i], i = h[parent], parent
	end
	h[i] = item
end

-- Removes the first item. The heap must not be empty.
-- rare: a node is chosen again
function heap.pop(h)
	local last = table.remove(h)
	local n, i = #h, 1
	if n == 0 then
		return
	end
	while 2 * i <= n do
		local child = 2 * i
		if child < n and before(h[child + 1], h[child]) then
			child = child + 1
		end
		if not before(h[child], last) then
			break
		end
		h[i], i = h[child], child
	end
	h[i] = last
end

return heap
