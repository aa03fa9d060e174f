-- Small source trees, each linked by lua/bundle.lua in a folder of its own.

local tree = {}

local bundler = os.getenv("PWD") .. "/lua/bundle.lua"

local function shell(command)
	local pipe = assert(io.popen("{ " .. command .. "; } 2>&1; echo \"status $?\""))
	local text = pipe:read("*a")
	pipe:close()
	return text, tonumber(string.match(text, "status (%d+)\n$"))
end

local function read(path)
	local file = assert(io.open(path))
	local text = file:read("*a")
	file:close()
	return text
end

-- Links do_it.lua, one of these files by name. Returns the texts of its bundle, of scripts.h with
-- strategies.h and of scripts.c, or nil and the error message.
function tree.link(files)
	local dir = string.match(shell("mktemp -d"), "^[^\n]+")
	shell("mkdir -p " .. dir .. "/lua/lib/rows " .. dir .. "/lua/lib/a " .. dir .. "/out")
	for name, text in pairs(files) do
		local file = assert(io.open(dir .. "/lua/" .. name, "w"))
		file:write(text)
		file:close()
	end
	local message, status = shell("cd " .. dir .. " && lua5.1 " .. bundler .. " out lua/do_it.lua")
	local text, header, source
	if status == 0 then
		text, source = read(dir .. "/out/do_it.lua"), read(dir .. "/out/scripts.c")
		header = read(dir .. "/out/scripts.h") .. read(dir .. "/out/strategies.h")
	end
	shell("rm -rf " .. dir)
	if not text then
		return nil, message
	end
	return text, header, source
end

return tree
