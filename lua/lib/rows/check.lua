-- The first row of a page of the check: where the next page begins ("" at the end), and how many records were
-- checked. The violations follow.

return row("next_cursor", "checked")
