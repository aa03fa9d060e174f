-- Links each operation with what it uses of the modules, and writes the results as C source.
-- usage: lua5.1 lua/bundle.lua OUT_DIR OPERATION.lua …   (from the top of the tree)
-- Writes OUT_DIR/NAME.lua for each operation, OUT_DIR/scripts.h with what contract.lua says of them, and
-- OUT_DIR/scripts.c with their bytes and SHA-1 (by sha1sum).
--
-- Redis runs a script's text from its first line at every call, so each function and table that a
-- call does not need would cost it time: creating those of all modules took longer than the
-- commands. A bundle therefore holds only what the operation reaches, one local per definition, as
-- late as it can stand; what only the body of an `if ... then ... end` of the operation needs is
-- made within that body, once more should something behind it need it too. Constants are written
-- where they are used: a local would be captured anew by each function that sees it.
-- For that a module keeps to one shape: its statements begin in the first column, it is either
--   local M = {} … function M.f() … M.CONSTANT = … local function g() … return M
-- or a single "return <expression>", and no local is named like another that it could see.
-- Fails on a cycle, a missing module, a member that a module does not define, and other shapes.

local contract = dofile(string.gsub(arg[0], "bundle%.lua$", "contract.lua"))

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

-- Splits source into tokens { kind, text, line_start }, comments left out. kind: "name", "string",
-- "number", "other".
local PATTERNS = {
	{ "name", "^[%a_][%w_]*" }, { "number", "^%d[%w.]*" }, { "string", '^"[^"\n]*"' },
	{ "string", "^'[^'\n]*'" }, { "other", "^%.%.%.?" }, { "other", "^[=~<>]=" }, { "other", "^%p" },
}
local function tokenize(path, source)
	local tokens, at, line_start = {}, 1, true
	while at <= #source do
		local _, space = string.find(source, "^%s+", at)
		local _, comment = string.find(source, "^%-%-[^\n]*", at)
		if space then
			line_start = string.sub(source, space, space) == "\n"
			at = space + 1
		elseif comment then
			at = comment + 1
		else
			local found
			for _, p in ipairs(PATTERNS) do
				local first, last = string.find(source, p[2], at)
				if first then
					found = { kind = p[1], text = string.sub(source, first, last), line_start = line_start }
					at = last + 1
					break
				end
			end
			if not found or string.find(found.text, "\\[^nt]") then
				fail(path, "cannot read: " .. string.sub(source, at, at + 20))
			end
			tokens[#tokens + 1] = found
			line_start = false
		end
	end
	return tokens
end

-- Cuts tokens into statements: one begins at each token in the first column but those that close.
local CLOSING = { ["end"] = true, ["}"] = true, [")"] = true, ["else"] = true, ["elseif"] = true,
	["or"] = true, ["and"] = true }
local function statements(tokens)
	local list = {}
	for _, token in ipairs(tokens) do
		if token.line_start and not CLOSING[token.text] then
			list[#list + 1] = {}
		end
		local last = list[#list]
		last[#last + 1] = token
	end
	return list
end

-- What `require("lib.x")` at position i of a statement names, or nil; it spans four tokens.
local function required(st, i)
	if st[i].text == "require" and st[i + 2] and st[i + 2].kind == "string" then
		return string.sub(st[i + 2].text, 2, -2)
	end
	return nil
end

-- True where the name at position i is a field or a constructor's key, not a variable.
local function is_field(st, i, in_braces)
	local before, after = st[i - 1] and st[i - 1].text, st[i + 1] and st[i + 1].text
	return before == "." or before == ":"
		or in_braces and (before == "{" or before == ",") and after == "="
end

local modules = {} -- by name; "open" while being read

local load_module

-- A definition of the module as a table of all its members, for a module that is used as a value.
local function table_of(module)
	if not module.table then
		local parts, uses = {}, {}
		for name, definition in pairs(module.members) do
			parts[#parts + 1] = name .. "=" .. (definition.statement.constant or definition.as)
			uses[#uses + 1] = definition
		end
		table.sort(parts)
		table.sort(uses, function(a, b) return a.as < b.as end)
		local short = string.gsub(string.gsub(module.name, "^lib%.", ""), "%.", "_")
		local st = { uses = uses, code = "local " .. short .. "={" .. table.concat(parts, ",") .. "}",
			{ text = "local" }, { text = short } }
		module.table = { as = short, statement = st }
	end
	return module.table
end

-- Finds what the statement refers to, given what names mean in its file: fills st.uses (a list of
-- definitions) and st.code (its text with every reference renamed).
local function resolve(path, st, scope)
	local code, uses, depth = {}, {}, {}
	local i = 1
	local function put(text)
		code[#code + 1] = text
	end
	local function refer(definition)
		local constant = definition.statement.constant
		if not constant then
			uses[#uses + 1] = definition
			put(definition.as)
			return
		end
		for _, used in ipairs(definition.statement.uses) do
			if used.statement ~= definition.statement then
				uses[#uses + 1] = used
			end
		end
		put(constant)
	end
	st.uses_ahead, st.code_ahead = 0, 0 -- how many stand before a body that may have its own
	local function member(module, name)
		return module.members[name] or fail(path, module.name .. " defines no " .. name)
	end
	while i <= #st do
		local token, text = st[i], st[i].text
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
		if text == "then" and st.code_ahead == 0 then
			st.uses_ahead, st.code_ahead = #uses, #code + 1
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
				refer(table_of(meaning))
			end
		else
			refer(meaning)
		end
		i = i + 1
	end
	-- A space between two words, and a line per statement, keep the text legible to Redis.
	local parts = {}
	for k, word in ipairs(code) do
		if k == st.code_ahead + 1 then
			st.head, parts = table.concat(parts), {}
		end
		local glue = code[k - 1] and string.find(code[k - 1], "[%w_]$") and string.find(word, "^[%w_]")
		local dots = code[k - 1] and (string.find(word, "^%.") or string.find(code[k - 1], "%.$"))
			and (string.find(word, "^%.%.") or string.find(code[k - 1], "%.%.$"))
		parts[#parts + 1] = ((glue or dots) and " " or "") .. word
	end
	st.body, st.uses = table.concat(parts), uses
	st.head = st.head or ""
	st.code = st.head .. st.body
end

-- Whether the statement is `if ... then ... end` without other branches; and whether its body ends
-- with a return, behind which nothing of the body is seen.
local function is_branch(st)
	local depth, returns = 0, false
	if st[1].text ~= "if" then
		return false
	end
	for _, token in ipairs(st) do
		local text = token.text
		if text == "function" or text == "do" or text == "if" or text == "repeat" then
			depth = depth + 1
		elseif text == "end" or text == "until" then
			depth = depth - 1
		elseif depth == 1 and (text == "else" or text == "elseif") then
			return false
		elseif depth == 1 and text == "return" then
			returns = true
		end
	end
	return true, returns
end

-- True where a second copy of the definition is as good as the first: a function.
local function is_function(st)
	return st[1].text == "function" or st[2].text == "function"
end

-- The names that a statement defines at the top of its file, and how: "local", "member" or nil.
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

-- What the statement makes of a name that never changes: a name in capitals, or a field of the
-- module that is a piece of text behind another one; nil where it is more than that.
local function constant_of(st)
	local name, value = string.match(st.code, "__([%w_]+)=(.*)$")
	if not name then
		return nil
	end
	local literal = string.find(value, '^"[^"]*"$') or string.find(value, "^[%d.]+$")
	local prefixed = string.find(value, '^[%a_][%w_]* %.%. "[^"]*"$') and st[1].text ~= "local"
	return (literal and not string.find(name, "%l") or prefixed) and value or nil
end

-- Notes `local x = require("lib.y")` in scope; true where the statement is that and no more.
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
	local list, scope, rest = statements(contract.expand(path, tokenize(path, read(path)))), {}, {}
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
				st.defines = { as = short, statement = st }
				module.value = st.defines
				rest[#rest + 1] = st
			elseif how then
				for _, n in ipairs(names) do
					local definition = { as = short .. "__" .. n, statement = st }
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
		st.code = string.gsub(st.code, "^return ?", "local " .. short .. "=")
		st.code = string.gsub(st.code, "^function ", "local function ")
		if st[1].text == self then
			st.code = "local " .. st.code
		end
	end
	modules[name] = module
	return module
end

local function link(operation)
	local path = "lua/" .. operation .. ".lua"
	local source = read(path)
	local shebang = string.match(source, "^(#!lua[^\n]*)\n") or fail(path, "no #!lua line")
	local scope, out, done = {}, { shebang }, {}
	-- within: the definitions that are to stand in a body, or nil.
	local function need(st, within)
		if not done[st] then
			done[st] = true
			for _, definition in ipairs(st.uses) do
				need(definition.statement, within)
			end
			out[#out + 1] = st.code
			if within then
				within[#within + 1] = st
			end
		end
	end
	-- True where all that the statement needs and that is not there yet may be made twice.
	local function repeatable(st, seen)
		if done[st] or seen[st] then
			return true
		end
		seen[st] = true
		for _, definition in ipairs(st.uses) do
			if not repeatable(definition.statement, seen) then
				return false
			end
		end
		return is_function(st)
	end
	-- A branch: what its condition needs and what has a state stand ahead of it, the rest within.
	local function branch(st, returns)
		local inner = {}
		for i, definition in ipairs(st.uses) do
			if i > st.uses_ahead and (returns or repeatable(definition.statement, {})) then
				inner[#inner + 1] = definition.statement
			else
				need(definition.statement)
			end
		end
		local within = {}
		out[#out + 1] = st.head
		for _, definition in ipairs(inner) do
			need(definition, within)
		end
		for _, definition in ipairs(within) do
			done[definition] = nil
		end
		out[#out + 1] = st.body
	end
	local tokens = contract.expand(path, tokenize(path, string.sub(source, #shebang + 2)), operation)
	for _, st in ipairs(statements(tokens)) do
		if not is_alias(path, st, scope) then
			resolve(path, st, scope)
			local is, returns = is_branch(st)
			if is then
				branch(st, returns)
			else
				need(st)
			end
		end
	end
	return table.concat(out, "\n") .. "\n"
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
	source[#source + 1] = "[SCRIPT_" .. string.upper(name) .. '] = { "' .. name .. '", "' .. sha1(path) .. '", '
		.. #text .. "," .. c_string(text) .. ", " .. contract.source(name) .. " },"
end
source[#source + 1] = "};\n"
write(out .. "/scripts.h", "/* Made by lua/bundle.lua. */\n" .. contract.header())
write(out .. "/scripts.c", table.concat(source, "\n"))
