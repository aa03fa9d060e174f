-- How an agent came to be where it is, as stored in its record: the strategy that placed or queued it; when
-- it came to its node, "" while it waits; its number in the order in which agents were created.

return row("strategy", "assigned_at", "number")
