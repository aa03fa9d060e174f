-- A node's figures of usage, which are kept as one text: CPU, memory and disk in percent and the load
-- average of one minute, a tab between them. All of them change with each heartbeat.

local text = require("lib.text")

local usage = {}

-- The figures as texts: cpu, memory, disk, load_average.
function usage.parts(kept)
	return string.match(kept, "^([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$")
end

-- The text of figures that are numbers.
function usage.text(cpu, memory, disk, load_average)
	return text.figure(cpu) .. "\t" .. text.figure(memory) .. "\t" .. text.figure(disk) .. "\t"
		.. text.figure(load_average)
end

return usage
