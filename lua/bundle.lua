-- Links each operation with what it uses of the modules, and writes the results as C source.
-- usage: lua5.1 lua/bundle.lua OUT_DIR OPERATION.lua …   (from the top of the tree)
-- Writes OUT_DIR/NAME.lua for each operation, OUT_DIR/scripts.h with what contract.lua says of them, and
-- OUT_DIR/scripts.c with their bytes and SHA-1 (by sha1sum).
--
-- Redis runs a script from its first line at every call, so creating each function costs time: the 43
-- functions of a placement take a seventh of its time. A bundle therefore has only what the operation needs.
-- All functions of modules are fields of one table, M, so that each function captures one variable.
-- Constants are written where they are used.
-- A function whose comment ends with "-- rare: <when>" is needed by few calls of an operation. The first call
-- of a rare function creates it, the other rare functions of its module, and what only they use, by
-- M.rare(module).
-- A module that is used as a value becomes a table at that place. `require("lib.x." .. name)` becomes a
-- choice among the modules that `lib.x` lists in its `names`.
-- For that, each module has one of two shapes, with statements that begin in the first column:
--   local M = {} … function M.f() … M.CONSTANT = … local function g() … return M
--   return <expression>
-- and no local variable has the name of another one that is visible there.
-- Fails on a cycle, a missing module, a member that a module does not define, and other shapes.

local contract = dofile((string.gsub(arg[0], "bundle%.lua$", "contract.lua")))
local tokens_of = dofile((string.gsub(arg[0], "bundle%.lua$", "tokens.lua")))

local function fail(path, message)
	error(path .. ": " .. message, 0)
end

local function read(path)
	local file = io.open(path, "rb") or fail(path, "no such file")
	local text = file:read("*a")
	file:close()
	return text
end

local function write(path, text)
	local file = assert(io.open(path, "wb"))
	file:write(text)
	file:close()
end

-- The module that `require("lib.x")` at position i of a statement names; nil if there is none. It has four
-- tokens.
local function required(st, i)
	if st[i].text == "require" and st[i + 2] and st[i + 2].kind == "string" and st[i + 3].text == ")" then
		return string.sub(st[i + 2].text, 2, -2)
	end
	return nil
end

-- The "lib.x" of `require("lib.x." .. name)` at position i of a statement; nil if there is none. It has six
-- tokens.
local function chosen(st, i)
	if st[i].text == "require" and st[i + 3] and st[i + 3].text == ".." then
		return string.match(st[i + 2].text, '^"(.*)%."$')
	end
	return nil
end

-- True if the name at position i is a field or a key in a table constructor, not a variable.
local function is_field(st, i, in_braces)
	local before, after = st[i - 1] and st[i - 1].text, st[i + 1] and st[i + 1].text
	return before == "." or before == ":"
		or in_braces and (before == "{" or before == ",") and after == "="
end

local modules = {} -- by name; "open" while being read

local load_module

-- True if the statement defines a function.
local function is_function(st)
	return st[1].text == "function" or st[2] and st[2].text == "function"
end

-- The text of a table of all members of a module, for a module that is used as a value. Its members may only
-- refer to themselves and to what Lua itself provides.
local function table_of(path, module)
	local parts = {}
	for name, definition in pairs(module.members) do
		local st = definition.statement
		for _, used in ipairs(st.uses) do
			if used.statement ~= st then
				fail(path, module.name .. " is used as a value and has members that refer to others")
			end
		end
		parts[#parts + 1] = name .. "=" .. (st.constant or st.value)
	end
	table.sort(parts)
	return "{" .. table.concat(parts, ",") .. "}"
end

-- The text of a function from a name to a module, for the modules that the module `list` lists in its
-- `names`.
local function choice_of(path, list)
	local parts = {}
	local names = assert(loadfile("lua/" .. string.gsub(list, "%.", "/") .. ".lua"))().names
	for _, name in ipairs(names) do
		parts[#parts + 1] = 'if name=="' .. name .. '"then return'
			.. table_of(path, load_module(list .. "." .. name, path)) .. "end "
	end
	return "(function(name)" .. table.concat(parts) .. "end)"
end

local CALL = "redis_call" -- the local variable for redis.call, which would be looked up twice at every use

-- Finds what a statement refers to. scope: what the names in its file mean. Sets st.uses and st.rare_uses,
-- the definitions that it uses, and st.code, its text with every reference renamed.
local function resolve(path, st, scope)
	local code, uses, depth = {}, {}, {}
	st.rare_uses = {}
	local i = 1
	local function put(text)
		code[#code + 1] = text
	end
	local function refer(definition)
		local other, as = definition.statement, definition.as
		if other.constant then
			for _, used in ipairs(other.uses) do
				if used.statement ~= other then
					uses[#uses + 1] = used
				end
			end
			put(other.constant)
		elseif other[1].rare and other ~= st then
			st.rare_uses[#st.rare_uses + 1] = definition
			put('M.rare("' .. definition.module .. '").' .. as)
		else
			uses[#uses + 1] = definition
			put(is_function(other) and "M." .. as or as)
		end
	end
	local function member(module, name)
		return module.members[name] or fail(path, module.name .. " defines no " .. name)
	end
	while i <= #st do
		local token, text = st[i], st[i].text
		local list = chosen(st, i)
		if text == "redis" and st[i + 1].text == "." and st[i + 2].text == "call" then
			token, text, i = { kind = "name" }, CALL, i + 2
		end
		if list then
			put(choice_of(path, list) .. "(" .. st[i + 4].text .. ")")
			i = i + 6
			token, text = st[i], st[i].text
		end
		if text == "{" or text == "function" or text == "do" or text == "if" or text == "repeat" then
			depth[#depth + 1] = text
		elseif text == "}" or text == "end" or text == "until" then
			depth[#depth] = nil
		end
		local wanted = required(st, i)
		local meaning = token.kind == "name" and not is_field(st, i, depth[#depth] == "{") and scope[text]
		if wanted then
			meaning = load_module(wanted, path)
			i = i + 3
		end
		if not meaning then
			put(text)
		elseif meaning.members then
			if meaning.value then
				refer(meaning.value)
			elseif st[i + 1] and st[i + 1].text == "." then
				refer(member(meaning, st[i + 2].text))
				i = i + 2
			else
				put(table_of(path, meaning))
			end
		else
			refer(meaning)
		end
		i = i + 1
	end
	-- Words, and dots, that would run together need a space between them.
	local parts = {}
	for k, word in ipairs(code) do
		local glue = code[k - 1] and string.find(code[k - 1], "[%w_]$") and string.find(word, "^[%w_]")
		local dots = code[k - 1] and (string.find(word, "^%.") or string.find(code[k - 1], "%.$"))
			and (string.find(word, "^%.%.") or string.find(code[k - 1], "%.%.$"))
		parts[#parts + 1] = ((glue or dots) and " " or "") .. word
	end
	st.code, st.uses = table.concat(parts), uses
end

-- What a statement defines: "local" or "member", and the names; nil if it defines nothing. self: the name of
-- the module's own table.
local function defined(st, self)
	local first, second = st[1].text, st[2] and st[2].text
	if first == "local" and second == "function" then
		return "local", { st[3].text }
	elseif first == "local" then
		local names, i = { second }, 3
		while st[i] and st[i].text == "," do
			names[#names + 1] = st[i + 1].text
			i = i + 2
		end
		return "local", names
	elseif first == "function" and second == self then
		return "member", { st[4].text }
	elseif first == self and second == "." and st[4] and st[4].text == "=" then
		return "member", { st[3].text }
	end
	return nil, {}
end

-- The value of a constant that the statement defines, as text: a literal whose name is in capitals, or a
-- field of the module that joins a variable and a literal, as in lib/keys.lua. nil if the statement is
-- neither.
local function constant_of(st)
	local name, value = string.match(st.code, "__([%w_]+)=(.*)$")
	if not name then
		return nil
	end
	local literal = string.find(value, '^"[^"]*"$') or string.find(value, "^[%d.]+$")
	local prefixed = string.find(value, '^[%a_][%w_]* %.%. "[^"]*"$') and st[1].text ~= "local"
	return (literal and not string.find(name, "%l") or prefixed) and value or nil
end

-- Adds the name to scope and returns true if the statement is `local x = require("lib.y")`; else returns
-- false.
local function is_alias(path, st, scope)
	if #st == 7 and st[1].text == "local" and required(st, 4) then
		scope[st[2].text] = load_module(required(st, 4), path)
		return true
	end
	return false
end

function load_module(name, from)
	if modules[name] == "open" then
		fail(from, name .. " is required in a cycle")
	elseif modules[name] then
		return modules[name]
	end
	modules[name] = "open"
	local path = "lua/" .. string.gsub(name, "%.", "/") .. ".lua"
	local short = string.gsub(string.gsub(name, "^lib%.", ""), "%.", "_")
	local list = tokens_of.statements(contract.expand(path, tokens_of.source(path, read(path))))
	local scope, rest = {}, {}
	local module = { name = name, members = {} }
	local taken = {}
	local self = list[#list][1].text == "return" and #list[#list] == 2 and list[#list][2].text

	for _, st in ipairs(list) do
		if not is_alias(path, st, scope) then
			local how, names = defined(st, self)
			local is_self = how == "local" and names[1] == self
			local is_return = st[1].text == "return"
			if is_self then
				scope[self] = module
			elseif is_return and not self then
				st.as = short
				st.defines = { as = short, statement = st, module = short }
				module.value = st.defines
				rest[#rest + 1] = st
			elseif how then
				for _, n in ipairs(names) do
					local definition = { as = short .. "__" .. n, statement = st, module = short }
					st.as = definition.as
					if taken[n] then
						fail(path, n .. " is defined twice")
					end
					taken[n] = true
					if how == "member" then
						module.members[n] = definition
					else
						scope[n] = definition
					end
				end
				rest[#rest + 1] = st
			elseif not is_return then
				fail(path, "a statement that defines nothing: " .. st[1].text)
			end
		end
	end
	for _, st in ipairs(rest) do
		resolve(path, st, scope)
		st.constant = constant_of(st)
		st.value = string.gsub(string.gsub(st.code, "^local ", ""), "^function[^(]*%(", "function(")
		if is_function(st) then
			st.value = string.gsub(st.value, "^return ?", "")
		else
			st.value = string.match(st.code, "=(.*)$") or string.match(st.code, "^return ?(.*)$")
			st.code = string.gsub(st.code, "^return ?", "local " .. short .. "=")
			if st[1].text == self then
				st.code = "local " .. st.code
			end
			for _, definition in ipairs(st.uses) do
				if is_function(definition.statement) then
					fail(path, "a function is called while the module is loaded")
				end
			end
		end
	end
	modules[name] = module
	return module
end

-- Adds the statement `st` and all that it needs to `found`, which is an array and a set. Does not add what
-- only rare functions need; their definitions are added to `rare`, an array and a set too.
local function reach(st, found, rare)
	if not found[st] then
		found[st] = true
		found[#found + 1] = st
		for _, definition in ipairs(st.uses) do
			reach(definition.statement, found, rare)
		end
		for _, definition in ipairs(st.rare_uses) do
			if not rare[definition.statement] then
				rare[definition.statement] = definition
				rare[#rare + 1] = definition
			end
		end
	end
end

-- Splits statements, and what they need, into functions and others. In both lists, a statement comes after
-- those that it needs. Leaves out the statements in the set `left_out`.
local function sort(list, left_out)
	local functions, others, done = {}, {}, {}
	local function add(st)
		if done[st] or left_out[st] then
			return
		end
		done[st] = true
		for _, definition in ipairs(st.uses) do
			add(definition.statement)
		end
		local kind = is_function(st) and functions or others
		kind[#kind + 1] = st
	end
	for _, st in ipairs(list) do
		add(st)
	end
	return functions, others
end

-- The text of M.rare. often: the statements that are created at every call; rare: the definitions of the
-- rare functions that they call. Adds the rare functions that those call in turn.
local function rare_text(often, rare)
	local needed, i = {}, 1
	while rare[i] do
		reach(rare[i].statement, needed, rare)
		i = i + 1
	end
	local groups, names = {}, {}
	for _, definition in ipairs(rare) do
		local name = definition.module
		if not groups[name] then
			groups[name] = {}
			names[#names + 1] = name
		end
		table.insert(groups[name], definition.statement)
	end
	table.sort(names)
	local out = {}
	for k, name in ipairs(names) do
		local functions, others = sort(groups[name], often)
		out[#out + 1] = (k > 1 and "else" or "") .. 'if module=="' .. name .. '"then if not M.'
			.. groups[name][1].as .. " then"
		for _, st in ipairs(others) do
			out[#out + 1] = st.code
		end
		for _, st in ipairs(functions) do
			out[#out + 1] = "M." .. st.as .. "=" .. st.value
		end
		out[#out + 1] = "end"
	end
	return "function(module)" .. table.concat(out, "\n") .. "\nend return M end"
end

local function link(operation)
	local path = "lua/" .. operation .. ".lua"
	local source = read(path)
	local shebang = string.match(source, "^(#!lua[^\n]*)\n") or fail(path, "no #!lua line")
	local scope, list, often, rare = {}, {}, {}, {}
	local tokens = contract.expand(path, tokens_of.source(path, string.sub(source, #shebang + 2)), operation)
	for _, st in ipairs(tokens_of.statements(tokens)) do
		if not is_alias(path, st, scope) then
			resolve(path, st, scope)
			reach(st, often, rare)
			list[#list + 1] = st
		end
	end
	local own = {} -- the operation's own statements, which come last
	for _, st in ipairs(list) do
		own[st] = true
	end
	local reached = {}
	for _, st in ipairs(often) do
		if not own[st] then
			reached[#reached + 1] = st
		end
	end
	local functions, others = sort(reached, own)
	local out = { shebang }
	for _, st in ipairs(others) do
		out[#out + 1] = st.code
	end
	if functions[1] or rare[1] then
		out[#out + 1] = "local M M={"
		for _, st in ipairs(functions) do
			out[#out + 1] = st.as .. "=" .. st.value .. ","
		end
		if rare[1] then
			out[#out + 1] = "rare=" .. rare_text(often, rare)
		end
		out[#out + 1] = "}"
	end
	for _, st in ipairs(list) do
		out[#out + 1] = st.code
	end
	local code = table.concat(out, "\n") .. "\n"
	if string.find(code, CALL, 1, true) then
		code = string.gsub(code, "\n", "\nlocal " .. CALL .. "=redis.call\n", 1)
	end
	return code
end

local LOCALS_MAX = 150 -- of a function; Lua's own limit is 200

-- Fails if a bundle does not compile, or has a function with too many local variables.
local function check_locals(path)
	local pipe = assert(io.popen("luac5.1 -l -p " .. path .. " 2>&1"))
	local listing = pipe:read("*a")
	pipe:close()
	local most
	for number in string.gmatch(listing, "(%d+) locals?,") do
		most = math.max(most or 0, tonumber(number))
	end
	if not most or most > LOCALS_MAX then
		fail(path, most and "a function has " .. most .. " locals" or listing)
	end
end

local function sha1(path)
	local pipe = assert(io.popen("sha1sum " .. path))
	local digest = string.match(pipe:read("*a"), "^%x+")
	pipe:close()
	return digest or fail(path, "sha1sum failed")
end

local function c_string(text)
	return (string.gsub(text, "([^\n]*)\n", function(line)
		return '\t"' .. string.gsub(line, '[\\"]', "\\%0") .. '\\n"\n'
	end))
end

local out = arg[1]
local source = { "/* Made by lua/bundle.lua. */", '#include "redis/script_source.h"', "",
	"const struct script_source script_sources[SCRIPT_COUNT] = {" }
for i = 2, #arg do
	local name = string.match(arg[i], "([%w_]+)%.lua$")
	local path = out .. "/" .. name .. ".lua"
	local text = link(name)
	write(path, text)
	check_locals(path)
	source[#source + 1] = "[SCRIPT_" .. string.upper(name) .. '] = { "' .. name .. '", "' .. sha1(path) .. '", '
		.. #text .. "," .. c_string(text) .. ", " .. contract.source(name) .. " },"
end
source[#source + 1] = "};\n"
write(out .. "/scripts.h", "/* Made by lua/bundle.lua. */\n" .. contract.header())
write(out .. "/strategies.h", "/* Made by lua/bundle.lua. */\n" .. contract.strategies())
write(out .. "/scripts.c", table.concat(source, "\n"))
