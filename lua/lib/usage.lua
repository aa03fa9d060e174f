-- A node's figures of usage, kept as one text: CPU, memory and disk in percent and the load average of one
-- minute, a tab between them. All of them change with each heartbeat.

local totals = require("lib.totals")

local usage = {}

usage.NONE = "0\t0\t0\t0"

-- The figures as texts: cpu, memory, disk, load_average.
function usage.parts(figures)
	return string.match(figures, "^([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$")
end

-- The figures with those replaced that are not "".
function usage.changed(figures, cpu, memory, disk, load_average)
	if cpu == "" or memory == "" or disk == "" or load_average == "" then
		local cpu_was, memory_was, disk_was, load_was = usage.parts(figures)
		cpu = cpu ~= "" and cpu or cpu_was
		memory = memory ~= "" and memory or memory_was
		disk = disk ~= "" and disk or disk_was
		load_average = load_average ~= "" and load_average or load_was
	end
	return cpu .. "\t" .. memory .. "\t" .. disk .. "\t" .. load_average
end

local function thousandths(figure)
	return math.floor(figure * 1000 + 0.5)
end

-- Counts figures in (1) or out (-1) of the cluster's sums.
function usage.count(t, figures, sign)
	local cpu, memory, disk, load_average = usage.parts(figures)
	totals.add(t, "cpu_usage", sign * thousandths(cpu))
	totals.add(t, "memory_usage", sign * thousandths(memory))
	totals.add(t, "disk_usage", sign * thousandths(disk))
	totals.add(t, "load_average", sign * thousandths(load_average))
end

-- Counts figures that take the place of earlier ones.
function usage.replace(t, earlier, figures)
	local cpu, memory, disk, load_average = usage.parts(figures)
	local cpu_was, memory_was, disk_was, load_was = usage.parts(earlier)
	local deltas = t.deltas
	if cpu ~= cpu_was then
		deltas.cpu_usage = (deltas.cpu_usage or 0) + thousandths(cpu) - thousandths(cpu_was)
	end
	if memory ~= memory_was then
		deltas.memory_usage = (deltas.memory_usage or 0) + thousandths(memory) - thousandths(memory_was)
	end
	if disk ~= disk_was then
		deltas.disk_usage = (deltas.disk_usage or 0) + thousandths(disk) - thousandths(disk_was)
	end
	if load_average ~= load_was then
		deltas.load_average = (deltas.load_average or 0) + thousandths(load_average) - thousandths(load_was)
	end
end

return usage
