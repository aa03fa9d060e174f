-- How many orphans were found, and where to go on, "" at the end.

return row("found", "next_cursor")
