-- A node's figures of usage, kept as one text: CPU, memory and disk in percent and the load average of one
-- minute, a tab between them. All of them change with each heartbeat.

local totals = require("lib.totals")

local usage = {}

usage.NONE = "0\t0\t0\t0"
usage.PATTERN = "^([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$"

local function thousandths(figure)
	return math.floor(figure * 1000 + 0.5)
end

-- Counts figures in (1) or out (-1) of the cluster's sums.
function usage.count(t, figures, sign)
	local cpu, memory, disk, load_average = string.match(figures, usage.PATTERN)
	totals.add(t, "cpu_usage", sign * thousandths(cpu))
	totals.add(t, "memory_usage", sign * thousandths(memory))
	totals.add(t, "disk_usage", sign * thousandths(disk))
	totals.add(t, "load_average", sign * thousandths(load_average))
end

-- One figure that takes the place of an earlier one. Returns the one that counts from now on.
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

-- Replaces figures by those that are not "". counted: true where they are in the cluster's sums. Returns the
-- figures from now on.
function usage.replace(t, earlier, counted, cpu, memory, disk, load_average)
	local cpu_was, memory_was, disk_was, load_was = string.match(earlier, usage.PATTERN)
	return put(t, "cpu_usage", cpu_was, cpu, counted) .. "\t"
		.. put(t, "memory_usage", memory_was, memory, counted) .. "\t"
		.. put(t, "disk_usage", disk_was, disk, counted) .. "\t"
		.. put(t, "load_average", load_was, load_average, counted)
end

return usage
