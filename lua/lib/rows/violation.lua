-- An inconsistency that the check has found: its kind, the id or counter that it concerns, and a sentence.

return row("kind", "subject", "detail")
