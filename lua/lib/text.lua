-- Text forms of numbers and lists. Pure.

local text = {}

-- A whole number below 2^53 as decimal digits; tostring would round it to 14 of them, and "%d" would cut it
-- where Redis is built for 32 bits, but takes half as long.
function text.int(n)
	if n < 2147483648 and n > -2147483648 then
		return string.format("%d", n)
	end
	return string.format("%.0f", n)
end

-- The items of a comma-separated list, in order; {} for "".
function text.split(list)
	if list ~= "" and not string.find(list, ",", 1, true) then
		return { list }
	end
	local items = {}
	for item in string.gmatch(list, "[^,]+") do
		items[#items + 1] = item
	end
	return items
end

-- True where a comes before b, byte by byte as in Redis' own sets: Lua's "<" goes by the locale.
function text.before(a, b)
	local i = 1
	while true do
		local a1, a2, a3, a4 = string.byte(a, i, i + 3)
		local b1, b2, b3, b4 = string.byte(b, i, i + 3)
		if a1 ~= b1 then
			return (a1 or -1) < (b1 or -1)
		elseif a2 ~= b2 then
			return (a2 or -1) < (b2 or -1)
		elseif a3 ~= b3 then
			return (a3 or -1) < (b3 or -1)
		elseif a4 ~= b4 then
			return (a4 or -1) < (b4 or -1)
		elseif not a4 then
			return false
		end
		i = i + 4
	end
end

-- A figure with a fraction: what was given, not what a double makes of it.
function text.figure(n)
	return string.format("%.10g", n)
end

-- The same list with its items in ascending order.
function text.sorted(list)
	if not string.find(list, ",", 1, true) then
		return list
	end
	local items = text.split(list)
	table.sort(items, text.before)
	return table.concat(items, ",")
end

-- True where every item of `wanted` (an array) is in the comma-separated list.
function text.has_all(list, wanted)
	if #wanted == 0 then
		return true
	end
	local within = "," .. list .. ","
	for i = 1, #wanted do
		if not string.find(within, "," .. wanted[i] .. ",", 1, true) then
			return false
		end
	end
	return true
end

return text
