-- Redis' clock. Scripts use no other.

local clock = {}

-- Milliseconds since 1970. Called once per script.
function clock.now()
	local time = redis.call("TIME")
	return time[1] * 1000 + math.floor(time[2] / 1000)
end

return clock
