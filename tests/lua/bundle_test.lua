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

check.test("what_only_a_branch_needs_is_made_within_it", function()
	local text = link({
		["do_it.lua"] = '#!lua\nreplies()\nlocal a = require("lib.a")\nlocal n = 0\n'
			.. 'if n > 0 then\n\treturn a.rare(n)\nend\nif n == 0 then\n\tn = a.count() + a.twice(2)\nend\n'
			.. 'if n > 100 then\n\treturn 0\nelse\n\tn = n + a.twice(1)\nend\nreturn n + a.count()\n',
		["lib/a.lua"] = 'local a = {}\nlocal seen = { 0 }\nfunction a.rare(n)\n\treturn n * 7\nend\n'
			.. 'function a.twice(n)\n\treturn n * 2\nend\n'
			.. 'function a.count()\n\tseen[1] = seen[1] + 1\n\treturn seen[1]\nend\nreturn a\n',
	})
	local function at(words)
		return assert(string.find(text, words, 1, true), words .. " is not there")
	end
	check.equal(run(text), 9)
	check.equal(at("if n>0 then") < at("function a__rare"), true)
	-- A function that keeps state must exist only once in the bundle.
	check.equal(at("function a__count") < at("if n==0 then"), true)
	local _, copies = string.gsub(text, "function a__count", "")
	check.equal(copies, 1)
	_, copies = string.gsub(text, "function a__twice", "")
	check.equal(copies, 2)
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
