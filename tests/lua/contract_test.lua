-- lua/contract.lua: what the declarations become in Lua and in C, and what is refused.

local check = require("check")
local link = require("tree").link

local function refused(files, words)
	local text, message = link(files)
	check.equal(text, nil)
	check.equal(string.find(message, words, 1, true) ~= nil, true)
end

-- The number of a constant in a header; nil where there is none.
local function constant(header, name)
	return tonumber(string.match(header, "[ {]" .. name .. " = (%d+)"))
end

-- Runs a bundle with these arguments.
local function run(text, ...)
	local f = assert(loadstring(string.gsub(text, "^[^\n]*", "")))
	setfenv(f, setmetatable({ ARGV = { ... } }, { __index = _G }))
	return f()
end

check.test("arguments_become_constants", function()
	local text, header, source = link({
		["do_it.lua"] = '#!lua\nlocal limit, cursor,\n\tzone = unpack(ARGV)\nreplies()\nreturn zone\n' })
	check.equal(run(text, "a", "b", "c"), "c")
	check.equal(constant(header, "DO_IT_ARG_LIMIT"), 0)
	check.equal(constant(header, "DO_IT_ARG_ZONE"), 2)
	check.equal(constant(header, "DO_IT_ARG_COUNT"), 3)
	check.equal(string.find(source, ".n_args = 3", 1, true) ~= nil, true)
	check.equal(string.find(source, ".is_list = false", 1, true) ~= nil, true)
end)

check.test("an_item_becomes_the_pattern_that_reads_a_line", function()
	local text, header, source = link({
		["do_it.lua"] = '#!lua\nlocal lines, all = unpack(ARGV)\nreplies({ "thing" })\n'
			.. 'local out = all\nfor id, a, b in string.gmatch(lines, item("id", "a", "b")) do\n'
			.. '\tout = out .. "(" .. id .. "," .. a .. "," .. b .. ")"\nend\nreturn out\n',
		["lib/rows/thing.lua"] = 'return row("x", "y")\n' })
	check.equal(run(text, "i\t1\t2\nj\nk\t\t3\nl\t4\n", "all"), "all(i,1,2)(j,,)(k,,3)(l,4,)")
	check.equal(constant(header, "DO_IT_ITEM_B"), 2)
	check.equal(constant(header, "DO_IT_ITEM_COUNT"), 3)
	check.equal(constant(header, "SCRIPTS_WITH_ITEMS"), 1)
	check.equal(constant(header, "ITEMS_ARG_ALL"), 1)
	check.equal(string.find(source, '{ "id", "a", "b" }', 1, true) ~= nil, true)
	check.equal(string.find(source, ".head_columns = 0, .row_columns = 2", 1, true) ~= nil, true)
end)

check.test("a_row_is_one_concatenation_wherever_it_is_made", function()
	local text, header = link({
		["do_it.lua"] = '#!lua\nlocal a = require("lib.a")\nlocal pair_row = require("lib.rows.pair")\n'
			.. 'replies("outer")\nlocal t = { pair_row = 4 }\n'
			.. 'return a.make(pair_row("", t.pair_row == 4 and "y" or "n"), 7)\n',
		["lib/a.lua"] = 'local a = {}\nlocal outer_row = require("lib.rows.outer")\n'
			.. 'function a.make(pair, n)\n\treturn outer_row("o" .. n, pair, string.rep("-", n, 1), "z")\nend\n'
			.. 'return a\n',
		["lib/rows/pair.lua"] = '-- A pair.\nreturn row("l", "r")\n',
		["lib/rows/outer.lua"] = 'return row("id", require("lib.rows.pair"), -- a pair\n\t"last", "end")\n' })
	check.equal(run(text), "o7\t\ty\t-------\tz")
	check.equal(string.find(text, "rows", 1, true), nil)
	check.equal(string.find(text, '"\\t\\t"', 1, true), nil)
	check.equal(constant(header, "OUTER_ROW_ID"), 0)
	check.equal(constant(header, "OUTER_ROW_PAIR"), 1)
	check.equal(constant(header, "OUTER_ROW_R"), 2)
	check.equal(constant(header, "OUTER_ROW_LAST"), 3)
	check.equal(constant(header, "OUTER_ROW_COUNT"), 5)
end)

check.test("parts_of_a_row_are_read_by_name", function()
	local thing = 'return row("x", "y", "z", "last")\n'
	local head = '#!lua\nlocal thing_row = require("lib.rows.thing")\nreplies()\n'
	local text = link({ ["lib/rows/thing.lua"] = thing,
		["do_it.lua"] = head .. 'local x, z = string.match("1\\t2\\t3\\t4", parts(thing_row, "x", "z"))\n'
			.. "return x .. z\n" })
	check.equal(run(text), "13")
	refused({ ["do_it.lua"] = head .. 'return parts(thing_row, "z", "x")\n', ["lib/rows/thing.lua"] = thing },
		"has no such column, in this order: x")
end)

check.test("a_row_has_as_many_values_as_columns", function()
	local thing = 'return row("x", "y")\n'
	local head = '#!lua\nlocal r = require("lib.rows.thing")\nreplies("thing")\nreturn '
	for _, values in ipairs({ '"a"', '"a", "b", "c"', 'f("a", "b")' }) do
		refused({ ["do_it.lua"] = head .. "r(" .. values .. ")\n", ["lib/rows/thing.lua"] = thing },
			"a row of thing has 2 values")
	end
	refused({ ["do_it.lua"] = head .. "{ r }\n", ["lib/rows/thing.lua"] = thing },
		"values of a row must follow it")
end)

check.test("strategies_are_known_to_c", function()
	local _, header = link({
		["do_it.lua"] = '#!lua\nlocal strategies = require("lib.strategies")\nreplies()\n'
			.. 'return strategies.names\n',
		["lib/strategies.lua"] = 'local strategies = {}\nstrategies.names = { "one", "two" }\n'
			.. 'return strategies\n' })
	check.equal(string.find(header, '#define STRATEGY_LIST "one", "two"', 1, true) ~= nil, true)
	check.equal(constant(header, "STRATEGY_COUNT"), 2)
end)

check.test("what_contradicts_a_declaration_is_refused", function()
	local rows = { ["lib/rows/page.lua"] = 'return row("next_cursor")\n',
		["lib/rows/two.lua"] = 'return row("a", "a")\n', ["lib/rows/none.lua"] = 'return { "a" }\n',
		["lib/rows/count.lua"] = 'return row("count")\n' }
	local function case(source, words)
		local files = { ["do_it.lua"] = "#!lua\n" .. source .. "\nreturn 1\n" }
		for name, text in pairs(rows) do
			files[name] = text
		end
		refused(files, words)
	end
	case("local a = unpack(ARGV)", "replies(…) is missing")
	case('replies("gone")', "there is no lua/lib/rows/gone.lua")
	case('replies("two")', "there are two columns a")
	case('replies("none")', "return row(…) is expected")
	case('replies("count")', "count must be called something else")
	case('replies(1)', "replies takes a kind of row")
	case('local a = unpack(ARGV)\nreplies("page")', "the arguments must begin with limit, cursor")
	case('local a = unpack(ARGV)\nreplies()\nlocal P = item("id")', "the arguments must begin with lines, all")
	case('local lines = unpack(ARGV)\nreplies("page")\nlocal P = item("id")', "has no other row")
	case('local key, request = unpack(ARGV)\nreplies()', "the last arguments must be key, request, keep_ms")
	case('local id, term = unpack(ARGV)\nreplies()', "the arguments must begin with id, nonce, term")
end)

check.done()
