-- Before the violations that a page of the check has found.

return row("next_cursor", "checked")
