-- Bundles each operation with the modules that it requires and writes them as C source.
-- usage: lua5.1 lua/bundle.lua OUT_DIR OPERATION.lua …   (from the top of the tree)
-- Writes OUT_DIR/NAME.lua for each operation, OUT_DIR/scripts.h with an enum of them all, and
-- OUT_DIR/scripts.c with their bytes and SHA-1 (by sha1sum). Fails on a missing module and on a
-- cycle.

local function read(path)
	local file = io.open(path, "rb")
	if not file then
		return nil
	end
	local text = file:read("*a")
	file:close()
	return text
end

-- Comment lines and blank ones are for the reader of the source, not for Redis.
local function stripped(source)
	local kept = {}
	for line in string.gmatch(source, "[^\n]+") do
		if not string.match(line, "^%s*%-%-") and not string.match(line, "^#!") then
			kept[#kept + 1] = (string.gsub(line, "^%s+", ""))
		end
	end
	return table.concat(kept, "\n")
end

-- Appends the modules that `source` requires to `order`, dependencies first.
local function visit(source, from, order, state)
	for name in string.gmatch(stripped(source), 'require%("([%w_.]+)"%)') do
		if state[name] == "open" then
			error(from .. ": " .. name .. " is required in a cycle", 0)
		elseif not state[name] then
			local path = "lua/" .. string.gsub(name, "%.", "/") .. ".lua"
			local module = read(path) or error(from .. ": no module " .. path, 0)
			state[name] = "open"
			visit(module, path, order, state)
			state[name] = "done"
			order[#order + 1] = { name = name, source = module }
		end
	end
end

local function local_name(name)
	return "m_" .. string.gsub(string.gsub(name, "^lib%.", ""), "%.", "_")
end

local function linked(source)
	return (string.gsub(stripped(source), 'require%("([%w_.]+)"%)', local_name))
end

local function bundle(operation)
	local path = "lua/" .. operation .. ".lua"
	local source = read(path) or error("no operation " .. path, 0)
	local order, parts = {}, {}
	visit(source, path, order, {})
	parts[1] = string.match(source, "^(#!lua[^\n]*)\n") or error(path .. ": no #!lua line", 0)
	for _, module in ipairs(order) do
		parts[#parts + 1] = "local " .. local_name(module.name) .. "=(function()"
		parts[#parts + 1] = linked(module.source)
		parts[#parts + 1] = "end)()"
	end
	parts[#parts + 1] = linked(source)
	return table.concat(parts, "\n")
end

local function write(path, text)
	local file = assert(io.open(path, "wb"))
	file:write(text)
	file:close()
end

local function sha1(path)
	local pipe = assert(io.popen("sha1sum " .. path))
	local digest = string.match(pipe:read("*a"), "^%x+")
	pipe:close()
	return digest or error(path .. ": sha1sum failed", 0)
end

local function c_string(text)
	local lines = {}
	for line in string.gmatch(text .. "\n", "([^\n]*)\n") do
		lines[#lines + 1] = '\t"' .. string.gsub(line, '[\\"]', "\\%0") .. '\\n"'
	end
	return table.concat(lines, "\n")
end

local out = arg[1]
local header = { "/* Made by lua/bundle.lua. */", "enum script_id {" }
local source = { "/* Made by lua/bundle.lua. */", '#include "redis/script.h"', "",
	"const struct script_source script_sources[SCRIPT_COUNT] = {" }
for i = 2, #arg do
	local name = string.match(arg[i], "([%w_]+)%.lua$")
	local path = out .. "/" .. name .. ".lua"
	local text = bundle(name) .. "\n"
	write(path, text)
	header[#header + 1] = "\tSCRIPT_" .. string.upper(name) .. ","
	source[#source + 1] = "{ \"" .. name .. "\", \"" .. sha1(path) .. "\", " .. #text .. ","
	source[#source + 1] = c_string(string.sub(text, 1, -2)) .. " },"
end
header[#header + 1] = "\tSCRIPT_COUNT\n};\n"
source[#source + 1] = "};\n"
write(out .. "/scripts.h", table.concat(header, "\n"))
write(out .. "/scripts.c", table.concat(source, "\n"))
