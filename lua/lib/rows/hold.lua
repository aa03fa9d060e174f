-- The hold. state: "on" or "off"; since: when it was entered, "" while off; missed: the number of missing
-- nodes; nodes: their ids, separated by commas.

return row("state", "since", "why", "missed", "nodes")
