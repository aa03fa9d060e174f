-- How many orphans were found, and the cursor for the next call, "" at the end.

return row("found", "next_cursor")
