-- A node's usage: CPU, memory and disk in percent, and the load average of one minute. It is a part of the
-- field `report` of the node's record.

local report_row = require("lib.rows.report")
local totals = require("lib.totals")
local usage_row = require("lib.rows.usage")

local usage = {}

usage.NONE = "0\t0\t0\t0"

local PATTERN = parts(report_row, "cpu_usage", "memory_usage", "disk_usage", "load_average")

local function thousandths(figure)
	return math.floor(figure * 1000 + 0.5)
end

-- Adds the usage in a report to the cluster's sums (sign 1), or subtracts it (-1).
function usage.count(t, report, sign)
	local cpu, memory, disk, load_average = string.match(report, PATTERN)
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

-- Replaces the figures of a report, except those that are "" now. counted: true if the usage is part of the
-- cluster's sums, which then change too. Returns the usage from now on, and true where it has changed.
function usage.replace(t, report, counted, cpu, memory, disk, load_average)
	local cpu_was, memory_was, disk_was, load_was = string.match(report, PATTERN)
	cpu = put(t, "cpu_usage", cpu_was, cpu, counted)
	memory = put(t, "memory_usage", memory_was, memory, counted)
	disk = put(t, "disk_usage", disk_was, disk, counted)
	load_average = put(t, "load_average", load_was, load_average, counted)
	return usage_row(cpu, memory, disk, load_average),
		cpu ~= cpu_was or memory ~= memory_was or disk ~= disk_was or load_average ~= load_was
end

return usage
