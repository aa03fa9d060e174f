-- A node's usage, kept as one text (lib/rows/usage.lua): CPU, memory and disk in percent, and the load
-- average of one minute, with tabs between them. All of them change with each heartbeat.

local totals = require("lib.totals")

local usage = {}

usage.NONE = "0\t0\t0\t0"
usage.PATTERN = "^([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$"

local function thousandths(figure)
	return math.floor(figure * 1000 + 0.5)
end

-- Adds a usage text to the cluster's sums (sign 1), or subtracts it (-1).
function usage.count(t, figures, sign)
	local cpu, memory, disk, load_average = string.match(figures, usage.PATTERN)
	totals.add(t, "cpu_usage", sign * thousandths(cpu))
	totals.add(t, "memory_usage", sign * thousandths(memory))
	totals.add(t, "disk_usage", sign * thousandths(disk))
	totals.add(t, "load_average", sign * thousandths(load_average))
end

-- Replaces one figure, "" to keep it. Returns the figure that is valid from now on.
local function put(t, name, earlier, figure, counted)
	if figure == "" or figure == earlier then
		return earlier
	end
	if counted then
		local deltas = t.deltas
		deltas[name] = (deltas[name] or 0) + thousandths(figure) - thousandths(earlier)
	end
	return figure
end

-- Replaces the figures of the usage text `earlier`, except those that are "" now. counted: true if the usage
-- is part of the cluster's sums, which then change too. Returns the new usage text.
function usage.replace(t, earlier, counted, cpu, memory, disk, load_average)
	local cpu_was, memory_was, disk_was, load_was = string.match(earlier, usage.PATTERN)
	return put(t, "cpu_usage", cpu_was, cpu, counted) .. "\t"
		.. put(t, "memory_usage", memory_was, memory, counted) .. "\t"
		.. put(t, "disk_usage", disk_was, disk, counted) .. "\t"
		.. put(t, "load_average", load_was, load_average, counted)
end

return usage
