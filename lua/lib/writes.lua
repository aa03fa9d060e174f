-- Commands that a call sends when it commits, for keys that no other module keeps in t.

local writes = {}

-- Adds a command: its name and arguments. Returns it, as an array that further arguments may be added to.
function writes.add(t, ...)
	local command = { ... }
	t.writes[#t.writes + 1] = command
	return command
end

-- Sends the commands in order. Part of tx.commit.
function writes.send(t)
	for i = 1, #t.writes do
		redis.call(unpack(t.writes[i]))
	end
end

return writes
