-- The first row of a page of a list: where the next page begins, "" at the end.

return row("next_cursor")
