-- What passes between C and Lua, declared once in the Lua sources. bundle.lua hands every source's tokens to
-- contract.expand, which reads these declarations and replaces them by plain Lua; contract.header and
-- contract.source then give C the same columns and counts. The declarations:
--   local a, b = unpack(ARGV)    in an operation, once: its arguments.
--   item("a", "b")               in an operation that takes many items, once: the columns of an item's line.
--                                It becomes the pattern that reads a line.
--   replies("head", { "kind" })  in each operation, once: the kinds of the rows in its reply, one `head` and
--                                any number of `kind`. Either may be left out. It becomes nothing.
--   return row("a", "b")         all of lib/rows/KIND.lua: the columns of that kind of row. Among them
--                                require("lib.rows.OTHER") stands for all columns of that kind.
--   local kind_row = require("lib.rows.KIND"), kind_row(x, y)
--                                a row. It becomes its values with tabs between them, in one concatenation.
--   parts(kind_row, "b")         becomes the pattern that reads these columns of such a row, in their order.
-- Fails if a declaration is malformed, or a row has more or fewer values than columns.

local contract = {}

local LINES, ALL = "lines", "all" -- the first arguments of an operation that takes items
local LIST = { "limit", "cursor" } -- the first arguments of one that replies with a page of a list
local LEASE = { "id", "nonce", "term" } -- the first arguments of a task of the leader
local IDEMPOTENCY = { "key", "request", "keep_ms" } -- the last arguments of one that may be sent twice
local PAGE = "page" -- the kind of row by which a page of a list begins

local operations = {} -- by name: { arguments, columns, head, kind }
local names = {} -- of operations, in order
local kinds = {} -- by name: { values, columns, starts }
local strategies -- their names, from lib/strategies.lua

local function fail(path, message)
	error(path .. ": " .. message, 0)
end

-- The kind of row that lib/rows/NAME.lua declares: `values`, what a row is made of; `columns`, in order;
-- `starts`: pairs of an included kind and the column, from 0, at which it starts.
local function kind_of(name, from)
	local path = "lua/lib/rows/" .. name .. ".lua"
	if kinds[name] then
		return kinds[name]
	end
	local file = io.open(path, "rb") or fail(from, "there is no " .. path)
	local source = string.gsub(file:read("*a"), "%-%-[^\n]*", "")
	file:close()
	local list = string.match(source, "^%s*return row(%b())%s*$") or fail(path, "return row(…) is expected")
	local kind, seen = { values = {}, columns = {}, starts = {} }, {}
	local function add(column)
		if seen[column] then
			fail(path, "there are two columns " .. column)
		end
		seen[column] = true
		kind.columns[#kind.columns + 1] = column
	end
	for value in string.gmatch(string.sub(list, 2, -2), "[^,]+") do
		local column = string.match(value, '^%s*"([%l_]+)"%s*$')
		local other = string.match(value, '^%s*require%("lib%.rows%.([%l_]+)"%)%s*$')
		if other then
			kind.starts[#kind.starts + 1] = { other, #kind.columns }
			for _, included in ipairs(kind_of(other, path).columns) do
				add(included)
			end
		elseif column then
			add(column)
		else
			fail(path, "neither a column nor a kind of row: " .. value)
		end
		kind.values[#kind.values + 1] = column or other
	end
	kinds[name] = kind
	return kind
end

-- The position of the token that closes the parenthesis or brace at `first`.
local OPENING = { ["("] = true, ["{"] = true, ["["] = true }
local CLOSING = { [")"] = true, ["}"] = true, ["]"] = true }
local function closing(path, tokens, first)
	local depth = 0
	for i = first, #tokens do
		depth = depth + (OPENING[tokens[i].text] and 1 or CLOSING[tokens[i].text] and -1 or 0)
		if depth == 0 then
			return i
		end
	end
	return fail(path, "a parenthesis is not closed")
end

-- The texts of the strings, separated by commas, from position first to last.
local function strings(path, tokens, first, last)
	local list = {}
	for i = first, last do
		if (i - first) % 2 == 0 and tokens[i].kind == "string" then
			list[#list + 1] = string.sub(tokens[i].text, 2, -2)
		elseif (i - first) % 2 == 0 or tokens[i].text ~= "," then
			fail(path, "a list of strings is expected at " .. tokens[i].text)
		end
	end
	return list
end

-- Adds a token. Two strings joined by ".." become one string.
local function put(out, token)
	local before = out[#out - 1]
	if token.kind == "string" and out[#out] and out[#out].text == ".." and before.kind == "string" then
		out[#out] = nil
		out[#out] = { kind = "string", line_start = false,
			text = string.sub(before.text, 1, -2) .. string.sub(token.text, 2) }
		return
	end
	out[#out + 1] = token
end

local function put_text(out, kind, text)
	put(out, { kind = kind, text = text, line_start = false })
end

-- Operators that bind less than "..": a value that has one needs parentheses.
local LOOSE = { ["and"] = true, ["or"] = true, ["=="] = true, ["~="] = true, ["<"] = true, [">"] = true,
	["<="] = true, [">="] = true }

local expand_range

-- Adds the row `name`, whose values are the tokens from position first to last, in one concatenation.
local function put_row(path, out, name, tokens, first, last, aliases)
	local values, from, i, depth, loose = {}, first, first, 0, false
	while i <= last + 1 do
		local text = i <= last and tokens[i].text or ","
		depth = depth + (OPENING[text] and 1 or CLOSING[text] and -1 or 0)
		loose = loose or depth == 0 and LOOSE[text]
		if depth == 0 and text == "," then
			values[#values + 1] = { from, i - 1, loose }
			from, loose = i + 1, false
		end
		i = i + 1
	end
	local wanted = #kind_of(name, path).values
	if #values ~= wanted then
		fail(path, "a row of " .. name .. " has " .. wanted .. " values, not " .. #values)
	end
	for n, value in ipairs(values) do
		if n > 1 then
			put_text(out, "other", "..")
			put_text(out, "string", '"\\t"')
			put_text(out, "other", "..")
		end
		if value[3] then
			put_text(out, "other", "(")
		end
		expand_range(path, out, tokens, value[1], value[2], aliases)
		if value[3] then
			put_text(out, "other", ")")
		end
	end
end

-- The pattern that reads these columns of a kind of row, as it is written in a source.
local function parts_of(path, name, wanted)
	local found, pattern = 0, {}
	for _, column in ipairs(kind_of(name, path).columns) do
		if found < #wanted then
			local is_next = column == wanted[found + 1]
			pattern[#pattern + 1] = is_next and "([^\\t]*)" or "[^\\t]*"
			found = found + (is_next and 1 or 0)
		end
	end
	if found < #wanted then
		fail(path, "a row of " .. name .. " has no such column, in this order: " .. wanted[found + 1])
	end
	return '"^' .. table.concat(pattern, "\\t") .. '"'
end

-- Adds the tokens from position first to last, and replaces each call that makes a row.
function expand_range(path, out, tokens, first, last, aliases)
	local i = first
	while i <= last do
		local before, after = tokens[i - 1] and tokens[i - 1].text, tokens[i + 1] and tokens[i + 1].text
		local is_field = before == "." or before == ":" or after == "="
		local name = tokens[i].kind == "name" and not is_field and aliases[tokens[i].text]
		local whole = tokens[i].text == "parts" and not is_field and tokens[i + 2] and aliases[tokens[i + 2].text]
		if whole then
			local close = closing(path, tokens, i + 1)
			put_text(out, "string", parts_of(path, whole, strings(path, tokens, i + 4, close - 1)))
			i = close
		elseif name then
			local close = after == "(" and closing(path, tokens, i + 1)
				or fail(path, tokens[i].text .. " is no value: values of a row must follow it")
			put_row(path, out, name, tokens, i + 2, close - 1, aliases)
			i = close
		else
			put(out, tokens[i])
		end
		i = i + 1
	end
end

-- True if the tokens from position i on are these texts.
local function are(tokens, i, ...)
	for n, text in ipairs({ ... }) do
		if not tokens[i + n - 1] or tokens[i + n - 1].text ~= text then
			return false
		end
	end
	return true
end

-- Records the arguments, if the statement at position i is `local a, b = unpack(ARGV)`.
local function take_arguments(operation, tokens, i)
	local list = {}
	if tokens[i].text ~= "local" then
		return
	end
	repeat
		i = i + 1
		list[#list + 1] = tokens[i].text
		i = i + 1
	until not are(tokens, i, ",")
	if are(tokens, i, "=", "unpack", "(", "ARGV", ")") then
		operation.arguments = list
	end
end

-- The pattern that reads one line of items, as source text. Columns that are left out at the end of a line
-- are "".
local function pattern_of(columns)
	return '"([^\\t\\n]+)' .. string.rep("\\t?([^\\t\\n]*)", #columns - 1) .. '\\n"'
end

-- Notes what replies(…) says between these positions.
local function take_replies(path, operation, tokens, first, last)
	local i = first
	if i <= last and tokens[i].kind == "string" then
		operation.head = strings(path, tokens, i, i)[1]
		i = i + (are(tokens, i + 1, ",") and 2 or 1)
	end
	if are(tokens, i, "{") and closing(path, tokens, i) == last then
		operation.kind = strings(path, tokens, i + 1, last - 1)[1]
		i = last + 1
	end
	if i <= last then
		fail(path, "replies takes a kind of row, and one within braces")
	end
	for _, name in ipairs({ operation.head or operation.kind, operation.kind }) do
		kind_of(name, path)
	end
	operation.replies = true
end

local function begins(list, words)
	for i, word in ipairs(words) do
		if list[i] ~= word then
			return false
		end
	end
	return true
end

-- Fails if an operation of some kind does not have the arguments of that kind in their places.
local function check(path, operation)
	local arguments = operation.arguments
	if not operation.replies then
		fail(path, "replies(…) is missing")
	end
	if operation.columns and (arguments[1] ~= LINES or arguments[2] and arguments[2] ~= ALL) then
		fail(path, "the arguments must begin with " .. LINES .. ", " .. ALL)
	elseif operation.columns and operation.head then
		fail(path, "what replies with items has no other row")
	end
	if operation.head == PAGE and not begins(arguments, LIST) then
		fail(path, "the arguments must begin with " .. table.concat(LIST, ", "))
	end
	for i, name in ipairs(arguments) do
		if name == LEASE[#LEASE] and not begins(arguments, LEASE) then
			fail(path, "the arguments must begin with " .. table.concat(LEASE, ", "))
		elseif name == IDEMPOTENCY[1] then
			operation.idempotent = i == #arguments - #IDEMPOTENCY + 1
				and begins({ unpack(arguments, i) }, IDEMPOTENCY)
				or fail(path, "the last arguments must be " .. table.concat(IDEMPOTENCY, ", "))
		end
	end
end

-- Reads the declarations in a source, and returns its tokens without them. name: of the operation; nil for a
-- module.
function contract.expand(path, tokens, name)
	local operation, rest, aliases, i = { arguments = {} }, {}, {}, 1
	while i <= #tokens do
		local alias = are(tokens, i, "local") and are(tokens, i + 2, "=", "require", "(")
			and tokens[i + 5] and string.match(tokens[i + 5].text, '^"lib%.rows%.([%l_]+)"$')
		local form = name and are(tokens, i + 1, "(") and not are(tokens, i - 1, ".") and tokens[i].text
		if alias then
			kind_of(alias, path)
			aliases[tokens[i + 1].text] = alias
			i = i + 6
		elseif form == "item" then
			local close = closing(path, tokens, i + 1)
			operation.columns = strings(path, tokens, i + 2, close - 1)
			put_text(rest, "string", pattern_of(operation.columns))
			i = close
		elseif are(tokens, i, "strategies", ".", "names", "=", "{") then
			strategies = strings(path, tokens, i + 5, closing(path, tokens, i + 4) - 1)
			rest[#rest + 1] = tokens[i]
		elseif form == "replies" then
			local close = closing(path, tokens, i + 1)
			take_replies(path, operation, tokens, i + 2, close - 1)
			i = close
		else
			if name and tokens[i].line_start then
				take_arguments(operation, tokens, i)
			end
			rest[#rest + 1] = tokens[i]
		end
		i = i + 1
	end
	if name then
		check(path, operation)
		operations[name] = operation
		names[#names + 1] = name
	end
	local out = {}
	expand_range(path, out, rest, 1, #rest, aliases)
	return out
end

local function enum(stem, columns, starts, count)
	local list = {}
	for i, column in ipairs(columns) do
		if count and column == "count" then
			fail("lua", stem .. "COUNT says how many there are: count must be called something else")
		end
		list[#list + 1] = stem .. string.upper(column) .. " = " .. i - 1
	end
	for _, start in ipairs(starts or {}) do
		list[#list + 1] = stem .. string.upper(start[1]) .. " = " .. start[2]
	end
	if count then
		list[#list + 1] = stem .. "COUNT = " .. #columns
	end
	return list[1] and "enum { " .. table.concat(list, ", ") .. " };" or nil
end

-- The kinds of rows, in order of their names.
local function kind_names()
	local list = {}
	for name in pairs(kinds) do
		list[#list + 1] = name
	end
	table.sort(list)
	return list
end

-- The declarations of all operations as C: an enum for the arguments and one for the item of each operation,
-- and one for each kind of row.
function contract.header()
	local items, others, most = {}, {}, 0
	local out = {}
	for _, name in ipairs(names) do
		local list = operations[name].columns and items or others
		list[#list + 1] = "SCRIPT_" .. string.upper(name)
	end
	out[1] = "/* Those that take many items come first. */"
	out[2] = "enum script_id { " .. table.concat(items, ", ") .. (items[1] and ", " or "")
		.. table.concat(others, ", ") .. (others[1] and ", " or "") .. "SCRIPT_COUNT };"
	for _, name in ipairs(names) do
		local o, upper = operations[name], string.upper(name)
		out[#out + 1] = enum(upper .. "_ARG_", o.arguments, nil, true)
		out[#out + 1] = o.columns and enum(upper .. "_ITEM_", o.columns, nil, true)
		most = math.max(most, #o.arguments, o.columns and #o.columns or 0)
	end
	for _, name in ipairs(kind_names()) do
		out[#out + 1] = enum(string.upper(name) .. "_ROW_", kinds[name].columns, kinds[name].starts, true)
	end
	out[#out + 1] = enum("ITEMS_ARG_", { LINES, ALL })
	out[#out + 1] = enum("LIST_ARG_", LIST)
	out[#out + 1] = enum("LEASE_ARG_", LEASE)
	out[#out + 1] = enum("IDEMPOTENCY_ARG_", IDEMPOTENCY, nil, true)
	out[#out + 1] = "enum { SCRIPTS_WITH_ITEMS = " .. #items .. ", SCRIPT_ARGS_MAX = " .. most .. " };"
	return table.concat(out, "\n") .. "\n"
end

-- The names of the strategies as C; "" if no operation uses them.
function contract.strategies()
	return strategies and '#define STRATEGY_LIST "' .. table.concat(strategies, '", "') .. '"\n'
		.. "enum { STRATEGY_COUNT = " .. #strategies .. " };\n" or ""
end

-- The initializers of an operation's members in struct script_source (src/redis/script_source.h), except its
-- text.
function contract.source(name)
	local o = operations[name]
	local out = { ".n_args = " .. #o.arguments, ".is_idempotent = " .. tostring(o.idempotent or false),
		".is_list = " .. tostring(o.head == PAGE),
		".head_columns = " .. (o.head and #kinds[o.head].columns or 0),
		".row_columns = " .. (o.kind and #kinds[o.kind].columns or 0) }
	if o.columns then
		out[#out + 1] = ".n_item_columns = " .. #o.columns
		out[#out + 1] = '.item_columns = (const char *const[]){ "' .. table.concat(o.columns, '", "') .. '" }'
	end
	return table.concat(out, ", ")
end

return contract
