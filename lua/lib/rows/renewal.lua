-- How many nodes got a fresh heartbeat, and where to go on, "" at the end.

return row("renewed", "next_cursor")
