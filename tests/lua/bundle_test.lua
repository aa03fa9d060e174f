-- lua/bundle.lua: what it links and what it refuses. Each case has its own small source tree.

local check = require("check")

local link = require("tree").link

local function refused(files, words)
	local text, message = link(files)
	check.equal(text or nil, nil)
	check.equal(string.find(message, words, 1, true) ~= nil, true)
end

local function run(text)
	return assert(loadstring(string.gsub(text, "^[^\n]*", "")))()
end

check.test("a_bundle_runs_as_the_sources_say", function()
	local text = link({
		["do_it.lua"] = '#!lua\nreplies()\nlocal a = require("lib.a")\nlocal b = require("lib.b")\n'
			.. 'local t = { double = 1 }\nreturn a.double(4) + b(1) + t.double + require("lib.a").ONE\n',
		["lib/a.lua"] = 'local a = {}\nlocal two = 2\na.ONE = 1\n'
			.. 'function a.double(n)\n\treturn n * two\nend\nreturn a\n',
		["lib/b.lua"] = '-- a comment\nlocal a = require("lib.a")\nreturn function(n)\n'
			.. '\treturn a.double(n) -- "x"\nend\n',
	})
	check.equal(string.match(text, "^[^\n]*"), "#!lua")
	check.equal(run(text), 12)
end)

check.test("what_is_not_reached_is_left_out", function()
	local text = link({
		["do_it.lua"] = '#!lua flags=no-writes\nreplies()\nlocal a = require("lib.a")\nreturn a.used()\n',
		["lib/a.lua"] = 'local a = {}\nlocal function helper()\n\treturn 3\nend\nfunction a.used()\n'
			.. '\treturn helper()\nend\nfunction a.unused()\n\treturn 4\nend\nreturn a\n',
	})
	check.equal(run(text), 3)
	check.equal(string.find(text, "unused", 1, true), nil)
	check.equal(string.match(text, "^[^\n]*"), "#!lua flags=no-writes")
end)

check.test("fields_and_keys_are_not_renamed", function()
	local text = link({
		["do_it.lua"] = '#!lua\nreplies()\nlocal a = require("lib.a")\nreturn a.get().name\n',
		["lib/a.lua"] = 'local a = {}\nlocal name = "x"\nfunction a.get()\n'
			.. '\tlocal t = { name = name .. "y" }\n\tt.name = t.name .. name\n\treturn t\nend\nreturn a\n',
	})
	check.equal(run(text), "xyx")
end)

check.test("rare_functions_are_made_when_one_is_called", function()
	local text = link({
		["do_it.lua"] = '#!lua\nreplies()\nlocal a = require("lib.a")\nlocal n = a.often(1)\n'
			.. 'if n > 100 then\n\tn = a.seldom(n)\nend\nreturn { n, a.seldom(n), a.seldom(0) }\n',
		["lib/a.lua"] = 'local a = {}\nlocal LIST = { 5 }\n'
			.. 'local function only_rare(n)\n\treturn n + LIST[1]\nend\n'
			.. 'function a.both(n)\n\treturn n * 2\nend\n'
			.. 'function a.often(n)\n\treturn a.both(n)\nend\n'
			.. '-- What few need.\n-- rare: n is large\n'
			.. 'function a.seldom(n)\n\tif n > 0 then\n\t\treturn a.seldom(0) + only_rare(a.both(n))\n\tend\n'
			.. '\treturn 100\nend\nreturn a\n',
	})
	local result = run(text)
	check.equal(table.concat(result, " "), "2 109 100")
	local rare = assert(string.find(text, "rare=function", 1, true))
	check.equal(string.find(text, "a__often=function", 1, true) < rare, true)
	check.equal(string.find(text, "a__both=function", 1, true) < rare, true)
	check.equal(string.find(text, "a__seldom=function", 1, true) > rare, true)
	check.equal(string.find(text, "a__only_rare=function", 1, true) > rare, true)
	check.equal(string.find(text, "a__LIST=", 1, true) > rare, true)
end)

check.test("a_module_that_calls_when_it_is_loaded_is_refused", function()
	refused({
		["do_it.lua"] = '#!lua\nreplies()\nlocal a = require("lib.a")\nreturn a.x()\n',
		["lib/a.lua"] = 'local a = {}\nlocal function one()\n\treturn 1\nend\nlocal n = one()\n'
			.. 'function a.x()\n\treturn n\nend\nreturn a\n',
	}, "called while the module is loaded")
end)

check.test("a_choice_among_modules_has_each_that_is_listed", function()
	local text = link({
		["do_it.lua"] = '#!lua\nreplies()\nlocal a = require("lib.a")\n'
			.. 'return a.get("two").value() + a.get("one").value()\n',
		["lib/a.lua"] = 'local a = {}\na.names = { "one", "two" }\nfunction a.get(name)\n'
			.. '\treturn require("lib.a." .. name)\nend\nreturn a\n',
		["lib/a/one.lua"] = 'local one = {}\nfunction one.value()\n\treturn 1\nend\nreturn one\n',
		["lib/a/two.lua"] = 'local two = {}\nfunction two.value()\n\treturn 20\nend\nreturn two\n',
	})
	check.equal(run(text), 21)
end)

check.test("too_many_locals_are_refused", function()
	local lines = { "#!lua", "replies()" }
	for n = 1, 151 do
		lines[#lines + 1] = "local a" .. n .. " = " .. n
	end
	refused({ ["do_it.lua"] = table.concat(lines, "\n") .. "\nreturn a1\n" }, "151 locals")
end)

check.test("a_cycle_is_refused", function()
	refused({
		["do_it.lua"] = '#!lua\nreplies()\nlocal a = require("lib.a")\nreturn a.x()\n',
		["lib/a.lua"] = 'local a = {}\nlocal b = require("lib.b")\nfunction a.x()\n\treturn b.x()\nend\nreturn a\n',
		["lib/b.lua"] = 'local b = {}\nlocal a = require("lib.a")\nfunction b.x()\n\treturn a.x()\nend\nreturn b\n',
	}, "cycle")
end)

check.test("a_missing_module_is_refused", function()
	refused({ ["do_it.lua"] = '#!lua\nreplies()\nlocal a = require("lib.gone")\nreturn a.x()\n' },
		"lua/lib/gone.lua")
end)

check.test("a_missing_member_is_refused", function()
	refused({
		["do_it.lua"] = '#!lua\nreplies()\nlocal a = require("lib.a")\nreturn a.y()\n',
		["lib/a.lua"] = 'local a = {}\nfunction a.x()\n\treturn 1\nend\nreturn a\n',
	}, "lib.a defines no y")
end)

check.test("a_module_used_as_a_value_is_a_table_of_its_members", function()
	local text = link({
		["do_it.lua"] = '#!lua\nreplies()\nlocal all = { a = require("lib.a") }\nreturn all.a.x() + all.a.TWO\n',
		["lib/a.lua"] = 'local a = {}\na.TWO = 2\nfunction a.x()\n\treturn 1\nend\nreturn a\n',
	})
	check.equal(run(text), 3)
end)

check.test("a_statement_that_defines_nothing_is_refused", function()
	refused({
		["do_it.lua"] = '#!lua\nreplies()\nlocal a = require("lib.a")\nreturn a.x()\n',
		["lib/a.lua"] = 'local a = {}\nprint("x")\nfunction a.x()\n\treturn 1\nend\nreturn a\n',
	}, "defines nothing")
end)

check.test("an_operation_without_its_first_line_is_refused", function()
	refused({ ["do_it.lua"] = "replies()\nreturn 1\n" }, "no #!lua line")
end)

check.done()
