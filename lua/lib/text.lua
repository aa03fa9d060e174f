-- Text forms of numbers and lists. Calls no Redis.

local text = {}

-- A whole number below 2^53 as decimal digits. tostring would round it to 14 digits. "%d" takes half as long
-- as "%.0f", but only works for 32 bits on some builds of Redis.
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

-- True if a comes before b, byte by byte, as in Redis' sorted sets. Lua's "<" depends on the locale.
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

-- A number with a fraction, in at most 10 digits: "0.1", not "0.10000000000000001".
function text.figure(n)
	return string.format("%.10g", n)
end

-- The comma-separated list with its items in ascending order.
function text.sorted(list)
	if not string.find(list, ",", 1, true) then
		return list
	end
	local items = text.split(list)
	table.sort(items, text.before)
	return table.concat(items, ",")
end

-- True if every item of `wanted` (an array) is in the comma-separated list.
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
