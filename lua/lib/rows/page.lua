-- Before the rows of a page: where the next one begins, "" at the end.

return row("next_cursor")
