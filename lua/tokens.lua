-- The tokens and statements of a Lua source, for bundle.lua and contract.lua, which run at build time.

local tokens = {}

local PATTERNS = {
	{ "name", "^[%a_][%w_]*" }, { "number", "^%d[%w.]*" }, { "string", '^"[^"\n]*"' },
	{ "string", "^'[^'\n]*'" }, { "other", "^%.%.%.?" }, { "other", "^[=~<>]=" }, { "other", "^%p" },
}
-- Splits source into tokens { kind, text, line_start, rare }, comments left out. kind: "name", "string",
-- "number", "other"; line_start: true in the first column; rare: true after a comment "-- rare: …".
-- Fails where it cannot read the source: only "--" comments, quoted strings and the escapes \n and \t are
-- known. path: for the message.
function tokens.source(path, source)
	local list, at, line_start, rare = {}, 1, true, false
	while at <= #source do
		local _, space = string.find(source, "^%s+", at)
		local _, comment = string.find(source, "^%-%-[^\n]*", at)
		if space then
			line_start = string.sub(source, space, space) == "\n"
			at = space + 1
		elseif comment then
			rare = line_start and string.find(source, "^%-%- rare: ", at) ~= nil
			at = comment + 1
		else
			local found
			for _, p in ipairs(PATTERNS) do
				local first, last = string.find(source, p[2], at)
				if first then
					found = { kind = p[1], text = string.sub(source, first, last), line_start = line_start,
						rare = rare }
					at = last + 1
					break
				end
			end
			if not found or string.find(found.text, "\\[^nt]") then
				error(path .. ": cannot read: " .. string.sub(source, at, at + 20), 0)
			end
			list[#list + 1] = found
			line_start, rare = false, false
		end
	end
	return list
end

-- Splits tokens into statements: each token in the first column begins one, except closing tokens.
local CLOSING = { ["end"] = true, ["}"] = true, [")"] = true, ["else"] = true, ["elseif"] = true,
	["or"] = true, ["and"] = true }
function tokens.statements(source)
	local list = {}
	for _, token in ipairs(source) do
		if token.line_start and not CLOSING[token.text] then
			list[#list + 1] = {}
		end
		local last = list[#list]
		last[#last + 1] = token
	end
	return list
end

return tokens
