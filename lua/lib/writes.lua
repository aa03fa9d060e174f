-- Commands that tx.commit sends, for keys that have no state of their own in t.

local writes = {}

-- Adds a command: its name and arguments. Returns it as an array, to which more arguments may be added.
function writes.add(t, ...)
	local command, list = { ... }, t.writes or {}
	list[#list + 1] = command
	t.writes = list
	return command
end

-- Sends the commands in order. Part of tx.commit.
function writes.send(t)
	for i = 1, #t.writes do
		redis.call(unpack(t.writes[i]))
	end
end

return writes
