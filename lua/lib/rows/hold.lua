-- The hold. state: "on" or "off"; since: its last change; missed, nodes: how many nodes are missed, and
-- which, by commas.

return row("state", "since", "why", "missed", "nodes")
