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

-- Replaces a figure that has changed in the cluster's sums. Returns true.
local function recount(t, name, earlier, figure, counted)
	if counted then
		local deltas = t.deltas
		deltas[name] = (deltas[name] or 0) + thousandths(figure) - thousandths(earlier)
	end
	return true
end

-- Replaces the figures of a report, except those that are "" now. counted: true if the usage is part of the
-- cluster's sums, which then change too. Returns the usage from now on, and true where it has changed.
function usage.replace(t, report, counted, cpu, memory, disk, load_average)
	local cpu_now, memory_now, disk_now, load_now = string.match(report, PATTERN)
	local changed = false
	if cpu ~= cpu_now and cpu ~= "" then
		cpu_now, changed = cpu, recount(t, "cpu_usage", cpu_now, cpu, counted)
	end
	if memory ~= memory_now and memory ~= "" then
		memory_now, changed = memory, recount(t, "memory_usage", memory_now, memory, counted)
	end
	if disk ~= disk_now and disk ~= "" then
		disk_now, changed = disk, recount(t, "disk_usage", disk_now, disk, counted)
	end
	if load_average ~= load_now and load_average ~= "" then
		load_now, changed = load_average, recount(t, "load_average", load_now, load_average, counted)
	end
	return usage_row(cpu_now, memory_now, disk_now, load_now), changed
end

return usage
