-- How an agent came to be where it is, as stored in its record: the strategy that placed or queued it; when
-- it came to its node, "" while it waits; its number in the order in which agents were created; what it
-- requires beside services (lib/requirements.lua), "" for nothing; and its priority, "" for 0.

return row("strategy", "assigned_at", "number", "requires", "priority")
