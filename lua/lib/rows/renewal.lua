-- How many nodes got a fresh heartbeat, and the cursor for the next call, "" at the end.

return row("renewed", "next_cursor")
